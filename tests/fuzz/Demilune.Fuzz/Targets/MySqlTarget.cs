using Demilune.Wire.MySql;

namespace Demilune.Fuzz.Targets;

/// <summary>MySQL: nothing may throw, and how the stream is cut changes nothing.</summary>
internal static class MySqlTarget
{
    public static FuzzTarget Stream { get; } = new("mysql", "one direction of a MySQL connection; a first byte of 'z': compressed", bytes =>
    {
        MySqlDetection.OfClient(bytes);
        MySqlDetection.OfServer(bytes);
        if (Read(bytes, bytes.Length) != Read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    });

    private static int Read(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, hash, isCompressed, all) = (new MySqlReader(), new HashCode(), bytes is [(byte)'z', ..], 0L);
        using var inflater = new MySqlInflater();
        if (isCompressed) bytes = bytes[1..];
        var limit = (bytes.Length + 1L) << 24;
        while (!bytes.IsEmpty && !inflater.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            if (!isCompressed) Take(reader, part, ref hash);
            while (isCompressed && inflater.TryRead(ref part, out var plain))
            {
                all += plain.Length;
                Take(reader, plain, ref hash);
            }
        }
        if (all > limit) throw new InvalidOperationException($"{all} bytes came out");
        // Of what cannot be inflated more or less comes out before that is noticed; whoever prevents lets none of it through.
        return inflater.IsBroken ? -1 : hash.ToHashCode();
    }

    private static void Take(MySqlReader reader, ReadOnlySpan<byte> bytes, ref HashCode hash)
    {
        while (reader.TryRead(ref bytes, out var sequence, out var message))
        {
            hash.Add(sequence);
            hash.AddBytes(message);
            if (MySqlHello.TryRead(message, out var hello))
            {
                hash.AddBytes(hello.User);
                hash.AddBytes(hello.Database);
            }
            if (MySqlHello.TryReadGreeting(message, out var version, out var capabilities)) hash.AddBytes(version);
            hash.Add(capabilities);
        }
    }
}
