using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Quic;

namespace Demilune.Inspection.Sessions.Quic;

/// <summary>QUIC, as far as its handshake can be read without keys.</summary>
internal static class QuicProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Quic,
        OfDatagram = static (_, bytes) => QuicDetection.OfDatagram(bytes),
        Buffers = QuicSession.Provided,
        Events = ["quic.failed_decrypt", "quic.error_on_data", "quic.error_on_header", "quic.crypto_frag_too_long"],
        Open = static (options, _, detector) => new QuicSession(options, detector),
    };
}
