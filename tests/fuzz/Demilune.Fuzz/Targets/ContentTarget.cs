using Demilune.Wire.Content;

namespace Demilune.Fuzz.Targets;

/// <summary>Content decoding: the first byte chooses the codings, the rest is the body.</summary>
internal static class ContentTarget
{
    private static readonly byte[][] s_codings = [[.. "gzip"u8], [.. "deflate"u8], [.. "br"u8], [.. "gzip, deflate"u8], [.. "br,gzip"u8], [.. "x"u8], [.. "zstd"u8], [.. "gzip, zstd"u8]];

    public static FuzzTarget Content { get; } = new("content", "gzip, deflate, brotli and Zstandard bodies in pieces", bytes =>
    {
        if (bytes.Length < 2) return;
        var sink = new Sink();
        using var decoder = ContentDecoder.For(s_codings[bytes[0] % s_codings.Length], maxRatio: 100, sink);
        if (decoder is null) return;
        var pieceLength = bytes[1] % 64 + 1;
        for (var offset = 2; offset < bytes.Length; offset += pieceLength) decoder.Feed(bytes.AsSpan(offset, Math.Min(pieceLength, bytes.Length - offset)), sink);
        if (sink.Total > (2 << 20) + bytes.Length * 200L) throw new InvalidOperationException($"{bytes.Length} bytes became {sink.Total}");
    });

    private sealed class Sink : IContentSink
    {
        public long Total { get; private set; }
        public void Content(ReadOnlySpan<byte> bytes) => Total += bytes.Length;

        public void Failed(ContentFailure failure)
        {
        }
    }
}
