using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions.WebSocket;

/// <summary>WebSocket (RFC 6455). Nothing marks its frames: it is what both ends of a HTTP/1 connection have agreed on.</summary>
internal static class WebSocketProtocol
{
    /// <summary>A frame that two receivers may read in two ways, or refuse.</summary>
    public const string InvalidFrame = "websocket.invalid_frame";

    /// <summary>A message is not compressed as it says.</summary>
    public const string InvalidCompression = "websocket.invalid_compression";

    /// <summary>A message grows out of all proportion.</summary>
    public const string CompressionBomb = "websocket.compression_bomb";

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.WebSocket,
        Buffers = [BufferId.WebSocketPayload, BufferId.WebSocketOpcode, BufferId.WebSocketMask, BufferId.WebSocketFlags],
        // Suricata's first two are about its limit for payloads: here they are looked at to their end.
        Events = ["websocket.skip_end_of_payload", "websocket.reassembly_limit_reached", InvalidFrame, InvalidCompression, CompressionBomb],
        Open = static (options, pool, detector) => new WebSocketSession(options, pool, detector),
    };
}
