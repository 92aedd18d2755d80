namespace Demilune.Wire.DceRpc;

/// <summary>Kinds of messages (C706 §12.6.1, MS-RPCE §2.2.2.8).</summary>
public enum DceType : byte
{
    Request, Ping, Response, Fault, Working, NoCall, Reject, Ack, CancelConnectionless, FragmentAck, CancelAck,
    Bind, BindAck, BindNak, AlterContext, AlterContextResponse, Auth3, Shutdown, Cancel, Orphaned, RequestToSend,
}
