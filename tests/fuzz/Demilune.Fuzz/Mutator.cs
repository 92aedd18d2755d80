namespace Demilune.Fuzz;

/// <summary>Makes new inputs out of known ones: flips, cuts, repeats, splices, and numbers and words that parsers stumble over.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private const int MaxLength = 16 << 10;

    private static readonly byte[][] s_words =
    [
        [.. "\r\n"u8], [.. "\n"u8], [.. "\r\n\r\n"u8], [.. "0\r\n\r\n"u8], [.. ": "u8], [.. " "u8], [.. "%"u8], [.. "%25"u8], [.. "/../"u8], [.. ";"u8],
        [.. "Content-Length: "u8], [.. "Transfer-Encoding: chunked\r\n"u8], [.. "HTTP/1.1"u8], [.. "GET / "u8], [.. "99999999999999999999"u8], [.. "-1"u8],
        [0], [0xff], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff], [0x80, 0x00],
    ];

    public byte[] Next()
    {
        var bytes = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (var count = random.Next(1, 8); count > 0; count--) Mutate(bytes);
        if (bytes.Count > MaxLength) bytes.RemoveRange(MaxLength, bytes.Count - MaxLength);
        return [.. bytes];
    }

    private void Mutate(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.InsertRange(at, s_words[random.Next(s_words.Length)]); break;
            case 3 when at < bytes.Count: bytes.RemoveRange(at, random.Next(1, Math.Min(bytes.Count - at, 64) + 1)); break;
            case 4 when at < bytes.Count: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, random.Next(1, Math.Min(bytes.Count - at, 64) + 1))); break;
            case 5: bytes.RemoveRange(at, bytes.Count - at); bytes.AddRange(seeds[random.Next(seeds.Count)].Skip(random.Next(64))); break;
            default: bytes.Insert(at, (byte)random.Next(256)); break;
        }
    }
}
