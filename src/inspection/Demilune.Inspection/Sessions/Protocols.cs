using Demilune.Inspection.Sessions.Dns;
using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>Every protocol, in the order in which they are asked: the first that says yes has it. At most 32: a side remembers its noes in bits.</summary>
internal static class Protocols
{
    public static Protocol[] All { get; } = [HttpProtocol.Definition, DnsProtocol.Definition];

    public static bool Provide(BufferId buffer) => All.Any(protocol => protocol.Buffers.Contains(buffer));

    public static bool Notice(string name) => All.Any(protocol => protocol.Events.Contains(name));

    public static bool Recognise(AppProtocol app) => All.Any(protocol => protocol.App == app);
}
