using System.Buffers.Binary;

namespace Demilune.Wire.MySql;

/// <summary>Strings and numbers as MySQL writes them. What is cut is as long as there is.</summary>
public static class MySqlText
{
    /// <summary>Up to a zero, or to the end.</summary>
    public static ReadOnlySpan<byte> TakeString(scoped ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var text = end < 0 ? bytes : bytes[..end];
        bytes = end < 0 ? default : bytes[(end + 1)..];
        return text;
    }

    /// <summary>A number whose first byte says how long it is; null: a null, or it is cut.</summary>
    public static long? TakeNumber(scoped ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return null;
        var first = bytes[0];
        var length = first switch { < 0xfb => 0, 0xfc => 2, 0xfd => 3, 0xfe => 8, _ => -1 };
        if (length < 0 || bytes.Length < 1 + length)
        {
            bytes = length < 0 ? bytes[1..] : default;
            return null;
        }
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        bytes.Slice(1, length).CopyTo(number);
        bytes = bytes[(1 + length)..];
        return length == 0 ? first : BinaryPrimitives.ReadInt64LittleEndian(number);
    }

    public static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> bytes, long count)
    {
        var taken = bytes[..(int)Math.Clamp(count, 0, bytes.Length)];
        bytes = bytes[taken.Length..];
        return taken;
    }
}
