namespace Demilune.Wire.DceRpc;

/// <summary>Whether a stream is DCE/RPC over a connection.</summary>
public static class DceDetection
{
    public static Detection OfStream(bool isClient, ReadOnlySpan<byte> bytes)
    {
        var length = DceFragment.LengthOf(bytes);
        if (length < 0 || bytes.Length > 4 && (bytes[4] & 0xef) != 0 || bytes.Length > 5 && bytes[5] > 3) return Detection.No;
        if (bytes.Length < DceFragment.HeaderLength) return Detection.Incomplete;
        if (bytes[6] != 0 || bytes[7] != 0) return Detection.No;
        var type = (DceType)bytes[2];
        var isOfClient = type is DceType.Request or DceType.Bind or DceType.AlterContext or DceType.Auth3 or DceType.Cancel or DceType.Orphaned;
        var isOfServer = type is DceType.Response or DceType.Fault or DceType.BindAck or DceType.BindNak or DceType.AlterContextResponse or DceType.Shutdown;
        return (isClient ? isOfClient : isOfServer) ? Detection.Yes : Detection.No;
    }
}
