using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>DNS over UDP and TCP.</summary>
internal static class DnsProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Dns,
        OfStream = static (_, bytes) => DnsDetection.OfStream(bytes),
        OfDatagram = static (_, bytes) => DnsDetection.OfDatagram(bytes),
        Speaker = static (bytes, isDatagram) => (bytes[isDatagram ? 2 : 4] & 0x80) == 0 ? Side.Client : Side.Server,
        CapturedAt = [53],
        Buffers = [BufferId.DnsQuery, BufferId.DnsQueryName, BufferId.DnsAnswerName, BufferId.DnsOpcode],
        Events = ["dns.malformed_data", "dns.not_request", "dns.not_response", "dns.not_a_request", "dns.not_a_response", "dns.name_too_long", "dns.infinite_loop", "dns.too_many_labels", "dns.z_flag_set", "dns.invalid_opcode"],
        Open = static (options, _, detector) => new DnsSession(options, detector),
    };
}
