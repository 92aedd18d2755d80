namespace Demilune.Wire.Dns;

/// <summary>Domain names with compression (RFC 1035 §3.1, §4.1.4).</summary>
public static class DnsName
{
    /// <summary>Bytes of a name as text: 255 on the wire, less the first length and the root (RFC 1035 §2.3.4).</summary>
    public const int MaxLength = 253;

    /// <summary>A name has at most 127 labels, so no honest one is in more pieces; each pointer must lead backwards, so none goes round.</summary>
    private const int MaxPointers = 127;

    /// <param name="message">From its header on.</param>
    /// <param name="offset">Where the name begins; afterwards, what follows it.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="length">Bytes written.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, Span<byte> destination, out int length)
    {
        length = 0;
        var (position, end, start) = (offset, -1, offset);
        for (var pointers = 0; position < message.Length;)
        {
            int b = message[position++];
            if (b == 0)
            {
                offset = end < 0 ? position : end;
                return true;
            }
            if (b >= 0xc0)
            {
                if (position == message.Length || ++pointers > MaxPointers) return false;
                var target = (b & 0x3f) << 8 | message[position++];
                if (end < 0) end = position;
                if (target >= start) return false;
                position = start = target;
                continue;
            }
            if (b > 63 || message.Length - position < b || length + b + (length > 0 ? 1 : 0) > MaxLength) return false;
            if (length > 0) destination[length++] = (byte)'.';
            message.Slice(position, b).CopyTo(destination[length..]);
            length += b;
            position += b;
        }
        return false;
    }
}
