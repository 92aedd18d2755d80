namespace Demilune.Wire.Content;

/// <summary>The header of a gzip member (RFC 1952 §2.3), as lenient clients read it.</summary>
internal static class GzipHeader
{
    private const int FixedLength = 10;

    /// <summary>Finds the compressed data. Line ends before the header are passed over: to some they still belong to the head of the message.</summary>
    public static bool TrySkip(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.IndexOfAnyExcept((byte)'\r', (byte)'\n');
        if (length < 0 || bytes[length..] is not [0x1f, 0x8b, 8, var flags, ..]) return false;
        var reader = new WireReader(bytes[length..]);
        reader.Take(FixedLength);
        if ((flags & 4) != 0)
        {
            var extra = reader.Take(2);
            if (extra.Length == 2) reader.Take(extra[0] | extra[1] << 8);
        }
        if ((flags & 8) != 0) SkipText(ref reader);
        if ((flags & 16) != 0) SkipText(ref reader);
        if ((flags & 2) != 0) reader.Take(2);
        length = bytes.Length - reader.Rest.Length;
        return !reader.Failed;
    }

    private static void SkipText(ref WireReader reader) => reader.Take(reader.Rest.IndexOf((byte)0) is var end and >= 0 ? end + 1 : int.MaxValue);
}
