using Demilune.Wire.Redis;

namespace Demilune.Fuzz.Targets;

/// <summary>Redis: nothing may throw, every value lies within what is held, and how the stream is cut changes nothing.</summary>
internal static class RedisTarget
{
    public static FuzzTarget Stream { get; } = new("redis", "both directions of a Redis connection, the first byte chooses which", bytes =>
    {
        RedisDetection.OfClient(bytes);
        RedisDetection.OfLine(bytes);
        if (bytes.Length == 0) return;
        if (Read(bytes.AsSpan(1), bytes[0], bytes.Length) != Read(bytes.AsSpan(1), bytes[0], 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    });

    private static int Read(ReadOnlySpan<byte> bytes, byte choice, int piece)
    {
        var reader = new RespReader(isClient: choice == 'c');
        var hash = new HashCode();
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part))
            {
                foreach (var element in reader.Elements)
                {
                    hash.Add(element);
                    hash.AddBytes(reader[element]);
                }
            }
        }
        hash.Add(reader.IsBroken);
        return hash.ToHashCode();
    }
}
