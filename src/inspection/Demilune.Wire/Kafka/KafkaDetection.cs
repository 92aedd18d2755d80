using System.Buffers.Binary;

namespace Demilune.Wire.Kafka;

/// <summary>Recognises Kafka by a client's first request: which it is, its version, and a name that the client gives itself.</summary>
public static class KafkaDetection
{
    /// <summary>Its size, key, version, correlation and the length of the client's name.</summary>
    private const int HeadLength = 14;

    /// <summary>Longer than any first request.</summary>
    private const int MaxFirst = 4096;

    private const int MaxName = 256;

    /// <summary>By what clients begin: what versions are there, what topics, how to log in.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [not 0, ..] or [_, not 0, ..] or [_, _, > MaxFirst >> 8, ..] or [_, _, _, _, not 0, ..] or [_, _, _, _, _, not (3 or 17 or 18), ..] or [_, _, _, _, _, _, not 0, ..] or [_, _, _, _, _, _, _, > 16, ..])
            return Detection.No;
        if (bytes.Length < HeadLength) return Detection.Incomplete;
        var size = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var name = BinaryPrimitives.ReadInt16BigEndian(bytes[12..]);
        if (name is < -1 or > MaxName || size < HeadLength - 4 + Math.Max(name, (short)0)) return Detection.No;
        var text = bytes[HeadLength..];
        text = text[..Math.Min(text.Length, Math.Max((int)name, 0))];
        if (text.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0) return Detection.No;
        return text.Length < name ? Detection.Incomplete : Detection.Yes;
    }

    /// <summary>A server's answers have nothing but a size and a number: they only contradict.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes) => bytes is [> 6, ..] ? Detection.No : Detection.Incomplete;
}
