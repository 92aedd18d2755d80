using Demilune.Wire.Http1;
using Demilune.Wire.Http2;

namespace Demilune.Fuzz.Targets;

/// <summary>HTTP/2: frames and their compressed fields. Nothing may throw, and how the stream is cut changes nothing.</summary>
internal static class Http2Target
{
    public static FuzzTarget Stream { get; } = new("http2", "one direction of a HTTP/2 connection, after the preface", bytes =>
    {
        if (Read(bytes, bytes.Length) != Read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    });

    private static int Read(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, hpack, fields, head) = (new Http2FrameReader(isClient: false), new HpackDecoder(), new HeaderList(), new Http1Head());
        var hash = new HashCode();
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var frame, out var content, out var isEnd))
            {
                foreach (var b in content) hash.Add(b);       // by bytes: pieces of DATA are cut anywhere
                if (isEnd) hash.Add(frame);
                if (frame.Type != Http2FrameType.Headers || !frame.TryUnpad(content, out var block)) continue;
                fields.Clear();
                hash.Add(hpack.TryRead(block, fields, out _));
                Http2Head.Write(fields, isRequest: true, hasBody: true, head);
                hash.AddBytes(head.Raw);
                Http2Head.Write(fields, isRequest: false, hasBody: false, head);
                hash.Add(head.StatusCode);
            }
        }
        return hash.ToHashCode();
    }
}
