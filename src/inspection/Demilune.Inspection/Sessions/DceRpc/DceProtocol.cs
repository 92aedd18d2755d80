using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>DCE/RPC over a connection of its own, or over UDP. Over SMB's pipes it is <c>Smb</c>'s.</summary>
internal static class DceProtocol
{
    public static IReadOnlyList<BufferId> Buffers { get; } = [BufferId.DceStubData, BufferId.DceInterface, BufferId.DceOperation];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.DceRpc,
        OfStream = static (from, bytes) => DceDetection.OfStream(from == Side.Client, bytes),
        Buffers = Buffers,
        Open = static (options, pool, detector) => new DceSession(options, pool, detector),
    };

    /// <summary>The same without connections.</summary>
    public static Protocol Datagrams { get; } = new()
    {
        App = AppProtocol.DceRpc,
        OfDatagram = static (from, bytes) => from == Side.Client && DceDatagram.IsLikely(bytes) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = Buffers,
        Open = static (options, pool, detector) => new DceDatagramSession(options, pool, detector),
    };
}
