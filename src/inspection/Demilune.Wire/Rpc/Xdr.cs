namespace Demilune.Wire.Rpc;

/// <summary>External data representation (RFC 4506).</summary>
public static class Xdr
{
    /// <summary>Bytes of a length that stands before them, filled up to a multiple of four.</summary>
    public static ReadOnlySpan<byte> Opaque(scoped ref WireReader reader)
    {
        var length = reader.U32();
        // More than there can be fails the reader.
        var bytes = reader.Take(length > int.MaxValue ? -1 : (int)length);
        if (!reader.IsEmpty) reader.Take(Math.Min((int)(4 - length % 4) % 4, reader.Rest.Length));
        return bytes;
    }
}
