using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Http2;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>HTTP/2 without TLS: from the first byte, or after an upgrade.</summary>
internal static class Http2Protocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Http2,
        OfStream = static (from, bytes) => from == Side.Client ? OfClient(bytes) : OfServer(bytes),
        MarkOfSide = static (from, bytes) => from == Side.Client ? OfClient(bytes) : Wire.Detection.Incomplete,      // the server's first frame is no mark
        Buffers = [.. HttpProtocol.Definition.Buffers, .. Enum.GetValues<BufferId>().Where(id => id is >= BufferId.Http2HeaderName and <= BufferId.Http2Settings)],
        Events =
        [
            "http2.invalid_frame_header", "http2.userinfo_in_uri", "http2.invalid_client_magic", "http2.invalid_frame_data", "http2.invalid_header", "http2.invalid_frame_length", "http2.extra_header_data",
            "http2.long_frame_data", "http2.stream_id_reuse", "http2.invalid_http1_settings", "http2.failed_decompression", "http2.invalid_range", "http2.header_integer_overflow",
            "http2.too_many_streams", "http2.authority_host_mismatch", "http2.user_info_in_uri", "http2.reassembly_limit_reached",
        ],
        Open = static (options, pool, detector) => new Http2Session(options, pool, detector),
    };

    private static Wire.Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        var preface = Http2FrameReader.Preface;
        if (bytes.Length >= preface.Length) return bytes.StartsWith(preface) ? Wire.Detection.Yes : Wire.Detection.No;
        return preface.StartsWith(bytes) ? Wire.Detection.Incomplete : Wire.Detection.No;
    }

    /// <summary>A server begins with SETTINGS of the connection (RFC 9113 §3.4): whole entries of six bytes, no acknowledgment.</summary>
    private static Wire.Detection OfServer(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [not 0, ..] or [_, not 0, ..]) return Wire.Detection.No;
        if (bytes.Length < Http2Frame.HeaderLength) return Wire.Detection.Incomplete;
        var frame = Http2Frame.Read(bytes);
        return frame is { Type: Http2FrameType.Settings, Flags: 0, Stream: 0 } && frame.Length % 6 == 0 && frame.Length < 256 ? Wire.Detection.Yes : Wire.Detection.No;
    }
}
