using Demilune.Inspection.Flows;
using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>While both ends talk, and how that ends.</summary>
internal sealed partial class TcpTracker
{
    private bool InEstablished(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        if (segment.Has(TcpFlags.Rst))
        {
            if (!IsValidReset(connection, from, in segment)) return false;
            Reset(connection);
            receiver.Next = segment.Acknowledgment;
            sender.Next = segment.End + (from == Side.Server ? 1u : 0);
            return TakeReset(flow, connection, from, in segment);
        }
        if (segment.Has(TcpFlags.Fin)) return IsValidTimestamp(connection, from, in segment) && AcceptFin(flow, connection, from, in segment);
        if (segment.Has(TcpFlags.Syn)) return SynWhileEstablished(connection, from, in segment);
        if (!segment.HasAck) return true;
        if (!IsValidTimestamp(connection, from, in segment)) return false;
        if (from == Side.Server) connection.IsConfirmed = true;
        // What is refused in here is told of, and goes on nevertheless.
        TakeData(flow, connection, from, sender, receiver, in segment);
        return true;
    }

    private bool SynWhileEstablished(TcpConnection connection, Side from, in Segment segment)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        if (!segment.HasAck)
        {
            if (from == Side.Server) return Refuse(StreamEvent.EstSynToclient);
            return Refuse(segment.Number == client.Initial ? StreamEvent.EstSynResend : StreamEvent.EstSynResendDiffSeq);
        }
        if (from == Side.Client) return Refuse(StreamEvent.EstSynackToserver);
        if (segment.Acknowledgment != client.Acknowledged) return Refuse(StreamEvent.EstSynackResendWithDiffAck);
        if (segment.Number != server.Initial) return Refuse(StreamEvent.EstSynackResendWithDiffSeq);
        // The server may have missed the end of the handshake, as long as it has sent nothing else.
        return !connection.IsConfirmed || Refuse(StreamEvent.EstSynackResend);
    }

    private bool TakeData(Flow flow, TcpConnection connection, Side from, TcpEndpoint sender, TcpEndpoint receiver, in Segment segment)
    {
        var isRelaxed = connection.IsPickedUp || connection.IsOneSided;
        if (segment.HasAck)
        {
            if (receiver.ProbesWindow && segment.Acknowledgment == receiver.Next + 1) Raise(StreamEvent.EstAckZwpData);
            else if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.EstInvalidAck);
        }
        if (from == Side.Server && connection.IsPickedUp && connection.AwaitsServer)
        {
            sender.Window = segment.Window << sender.Scale;
            sender.Limit = sender.Acknowledged + sender.Window;
            connection.AwaitsServer = false;
        }
        var isKeepAlive = segment.Payload.Length <= 1 && segment.Number == sender.Next - 1;
        if (!isKeepAlive && Sequence.IsBefore(segment.End, sender.Acknowledged) && !IsLateData(connection, from, sender, in segment))
            return Refuse(StreamEvent.EstPktBeforeLastAck);
        if (segment.Payload.Length == 1 && segment.Number == sender.Next && sender.Window == 0)
        {
            sender.ProbesWindow = true;
            return Take(flow, connection, from, in segment);
        }
        if (!Sequence.IsBefore(segment.End, sender.Next)) sender.Next = segment.End;
        if (Sequence.IsAfter(segment.End, sender.Limit) && !isRelaxed) return Refuse(StreamEvent.EstPacketOutOfWindow);
        receiver.Window = segment.Window << receiver.Scale;
        if (segment.HasAck) Acknowledge(receiver, segment.Acknowledgment);
        UpdateTimestamp(connection, from, in segment);
        Extend(receiver);
        return Take(flow, connection, from, in segment);
    }

    /// <summary>Bytes before what was acknowledged: nobody acknowledges the only side that is seen, and what was acknowledged may never have been seen.</summary>
    private bool IsLateData(TcpConnection connection, Side from, TcpEndpoint sender, in Segment segment)
    {
        var startsOneSided = from == Side.Client && options.OneSided && connection.IsPickedUp
            && (sender.Next == segment.Number || sender.Acknowledged == sender.Initial + 1);
        if (connection.IsOneSided || startsOneSided)
        {
            connection.IsOneSided = true;
            if (from == Side.Client) Acknowledge(sender, segment.Number);
            else sender.Acknowledged = segment.Number;
            return true;
        }
        return Sequence.IsAfter(sender.Acknowledged, sender.Next) && Sequence.IsAfter(segment.End, sender.Next);
    }

    private bool TakeReset(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        if (segment.HasAck && IsValidAck(connection, receiver, from, in segment)) Acknowledge(receiver, segment.Acknowledgment);
        Acknowledge(sender, segment.Number);
        UpdateTimestamp(connection, from, in segment);
        return Take(flow, connection, from, in segment);
    }

    private bool AcceptFin(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.FinInvalidAck);
        if (Sequence.IsBefore(segment.Number, sender.Acknowledged) || (Sequence.IsAfter(segment.End, sender.Limit) && !connection.IsPickedUp)) return Refuse(StreamEvent.FinOutOfWindow);
        if (from == Side.Client && segment.Has(TcpFlags.Syn)) return Refuse(StreamEvent.FinSyn);
        connection.Enter(from == Side.Client ? CloseWait : FinWait1);
        // The server's FIN is counted, the client's is not: so the states that follow compare.
        sender.Next = segment.End + (from == Side.Server ? 1u : 0);
        receiver.Window = segment.Window << receiver.Scale;
        UpdateTimestamp(connection, from, in segment);
        if (Sequence.IsBefore(receiver.Next, segment.Acknowledgment)) receiver.Next = segment.Acknowledgment;
        if (segment.HasAck) Acknowledge(receiver, segment.Acknowledgment);
        return Take(flow, connection, from, in segment);
    }
}
