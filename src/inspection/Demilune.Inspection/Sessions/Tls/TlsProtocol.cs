using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>SSL 2 to TLS 1.3 over TCP, as far as it can be read without keys.</summary>
internal static class TlsProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Tls,
        OfStream = static (from, bytes) => TlsDetection.OfStream(from == Side.Client, bytes),
        Buffers = [.. TlsSide.OfHello, .. TlsSide.OfCertificates, BufferId.SslState],
        Events = TlsEvents.All,
        Open = static (options, pool, detector) => new TlsSession(options, pool, detector),
    };
}
