using Demilune.Wire.Content;
using Demilune.Wire.WebSocket;

namespace Demilune.Fuzz.Targets;

/// <summary>WebSocket: nothing may throw, no piece is longer than its frame, how the stream is cut changes nothing, and what is inflated stays within its ratio.</summary>
internal static class WebSocketTarget
{
    private const int Ratio = 100;

    public static FuzzTarget Stream { get; } = new("websocket", "one direction of a WebSocket connection, its messages inflated", bytes =>
    {
        if (Read(bytes, bytes.Length) != Read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    });

    private static int Read(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, sink, all) = (new WebSocketReader(), new Sink(), bytes.Length);
        using var inflater = new MessageInflater(Ratio);
        var hash = new HashCode();
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var frame, out var payload, out var isFirst, out var isLast))
            {
                if (isFirst) hash.Add(frame);
                foreach (var b in payload) hash.Add(b);       // one by one: the pieces differ
                if (payload.Length > frame.Length) throw new InvalidOperationException("a piece is longer than its frame");
                if (!frame.IsControl) inflater.Feed(payload, isLast && frame.IsFinal, sink);
            }
        }
        if (sink.Total > (2 << 20) + (all * (long)Ratio)) throw new InvalidOperationException($"{all} bytes became {sink.Total}");
        return hash.ToHashCode();
    }

    private sealed class Sink : IContentSink
    {
        public long Total { get; private set; }
        public void Content(ReadOnlySpan<byte> bytes) => Total += bytes.Length;

        public void Failed(ContentFailure failure)
        {
        }
    }
}
