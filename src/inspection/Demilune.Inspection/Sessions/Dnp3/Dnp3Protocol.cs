using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Dnp3;

namespace Demilune.Inspection.Sessions.Dnp3;

/// <summary>DNP3 (IEEE 1815) over TCP.</summary>
internal static class Dnp3Protocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Dnp3,
        OfStream = static (_, bytes) => Dnp3Detection.OfFrame(bytes),
        Speaker = static (bytes, _) => bytes is [5, 0x64, _, var control, ..] ? (control & 0x80) != 0 ? Side.Client : Side.Server : null,      // masters set the bit
        Ports = [20000],
        AtPort = static (_, bytes) => Dnp3Detection.OfAny(bytes),
        Buffers = [BufferId.Dnp3Data, BufferId.Dnp3Function, BufferId.Dnp3Object, BufferId.Dnp3Indications],
        Events = ["dnp3.flooded", "dnp3.len_too_small", "dnp3.bad_link_crc", "dnp3.bad_transport_crc", "dnp3.malformed", "dnp3.unknown_object"],
        Open = static (options, _, detector) => new Dnp3Session(options, detector),
    };
}
