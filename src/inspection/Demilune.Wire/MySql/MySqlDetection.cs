using System.Buffers.Binary;

namespace Demilune.Wire.MySql;

/// <summary>Recognises MySQL by the server's greeting, which comes first, and by the client's answer to it.</summary>
public static class MySqlDetection
{
    private const int HeaderLength = 4;

    /// <summary>Longer than any server's version.</summary>
    private const int MaxVersion = 64;

    /// <summary>Version 10 of the protocol, and the server's own version as text.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [_, > 3, ..] or [_, _, not 0, ..] or [_, _, _, not 0, ..] or [_, _, _, _, not 10, ..] or [_, _, _, _, _, not (>= (byte)'0' and <= (byte)'9'), ..]) return Detection.No;
        if (bytes.Length <= HeaderLength + 1) return Detection.Incomplete;
        var version = bytes[(HeaderLength + 1)..];
        version = version[..Math.Min(version.Length, MaxVersion)];
        var end = version.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        if (end < 0) return version.Length == MaxVersion ? Detection.No : Detection.Incomplete;
        return version[end] == 0 ? Detection.Yes : Detection.No;
    }

    /// <summary>The second packet: capabilities of version 4.1, and zeros where nothing has a meaning.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [_, _, not 0, ..] or [_, _, _, not 1, ..]) return Detection.No;
        if (bytes.Length < HeaderLength + MySqlHello.FixedLength) return Detection.Incomplete;
        var isLongEnough = BinaryPrimitives.ReadUInt16LittleEndian(bytes) >= MySqlHello.FixedLength;
        var capabilities = BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderLength..]);
        return isLongEnough && (capabilities & MySqlHello.Protocol41) != 0 && bytes.Slice(HeaderLength + 9, 19).IndexOfAnyExcept((byte)0) < 0 ? Detection.Yes : Detection.No;
    }
}
