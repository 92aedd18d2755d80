using System.Text;

namespace Demilune.Wire.Redis;

/// <summary>Recognises Redis by a client's first command.</summary>
public static class RedisDetection
{
    /// <summary>Commands by which people and attackers begin a line that is no array, where nothing but the port speaks for Redis.</summary>
    private static readonly byte[][] s_typed =
    [
        [.. "PING"u8], [.. "AUTH"u8], [.. "INFO"u8], [.. "HELLO"u8], [.. "SELECT"u8], [.. "CONFIG"u8], [.. "CLIENT"u8], [.. "SLAVEOF"u8], [.. "REPLICAOF"u8], [.. "MODULE"u8],
        [.. "EVAL"u8], [.. "FLUSHALL"u8], [.. "FLUSHDB"u8], [.. "SET"u8], [.. "KEYS"u8], [.. "MONITOR"u8], [.. "PSYNC"u8], [.. "SYNC"u8], [.. "COMMAND"u8], [.. "SAVE"u8],
    ];

    /// <summary>An array of strings: <c>*2 $4 AUTH …</c></summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        foreach (var (mark, maxDigits) in (ReadOnlySpan<(char, int)>)[('*', 7), ('$', 3)])
        {
            if (bytes.IsEmpty) return Detection.Incomplete;
            if (bytes[0] != mark) return Detection.No;
            bytes = bytes[1..];
            var digits = bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if ((digits < 0 ? bytes.Length : digits) > maxDigits) return Detection.No;
            if (digits < 0) return Detection.Incomplete;
            if (digits == 0 || bytes[0] == '0') return Detection.No;
            bytes = bytes[digits..];
            if (bytes[0] != '\r') return Detection.No;
            if (bytes.Length < 2) return Detection.Incomplete;
            if (bytes[1] != '\n') return Detection.No;
            bytes = bytes[2..];
        }
        return bytes.IsEmpty ? Detection.Incomplete : char.IsAsciiLetter((char)bytes[0]) ? Detection.Yes : Detection.No;
    }

    /// <summary>A command as a line: at Redis' port only.</summary>
    public static Detection OfLine(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny(" \t\r\n"u8);
        var word = end < 0 ? bytes : bytes[..end];
        foreach (var command in s_typed)
        {
            if (end < 0 && word.Length < command.Length && Ascii.EqualsIgnoreCase(word, command.AsSpan(0, word.Length))) return Detection.Incomplete;
            if (Ascii.EqualsIgnoreCase(word, command)) return end < 0 ? Detection.Incomplete : Detection.Yes;
        }
        return Detection.No;
    }

    /// <summary>A server's answers begin as anything: they only contradict.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes) => bytes.IsEmpty || Enum.IsDefined((RespType)bytes[0]) ? Detection.Incomplete : Detection.No;
}
