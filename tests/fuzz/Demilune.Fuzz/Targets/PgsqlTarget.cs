using Demilune.Wire.PostgreSql;

namespace Demilune.Fuzz.Targets;

/// <summary>PostgreSQL in both directions: nothing may throw, and how the bytes are cut changes nothing.</summary>
internal static class PgsqlTarget
{
    public static FuzzTarget Messages { get; } = new("pgsql", "messages of PostgreSQL, a client's and a server's", bytes =>
    {
        foreach (var isClient in (ReadOnlySpan<bool>)[true, false])
        {
            if (Sum(bytes, isClient, bytes.Length) != Sum(bytes, isClient, 1)) throw new InvalidOperationException("the messages depend on how the bytes are cut");
        }
    });

    private static int Sum(ReadOnlySpan<byte> bytes, bool isClient, int pieceLength)
    {
        var reader = new PgsqlReader(isClient);
        var code = new HashCode();
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(pieceLength, bytes.Length)];
            bytes = bytes[piece.Length..];
            while (reader.TryRead(ref piece, out var type, out var body))
            {
                code.Add(type);
                code.AddBytes(body);
                reader.IsTyped = true;
            }
        }
        return code.ToHashCode();
    }
}
