using System.Buffers.Text;
using Demilune.Wire.Ip;

namespace Demilune.Wire.Ftp;

/// <summary>Where a data connection is to go, as commands and replies write it (RFC 959 §4.1.2, RFC 2428).</summary>
public static class FtpAddress
{
    /// <summary><c>PORT</c> and the reply to <c>PASV</c>: <c>h1,h2,h3,h4,p1,p2</c>, somewhere in the text.</summary>
    public static bool TryReadNumbers(ReadOnlySpan<byte> text, out IpAddress address, out ushort port)
    {
        (address, port) = (default, 0);
        // In a reply the numbers may be in parentheses and have words around them, also digits.
        for (var start = 0; start < text.Length; start++)
        {
            if (text[start] is < (byte)'0' or > (byte)'9' || start > 0 && text[start - 1] is >= (byte)'0' and <= (byte)'9') continue;
            Span<byte> numbers = stackalloc byte[6];
            if (!TryRead(text[start..], numbers)) continue;
            address = new(new UInt128(0, 0xffff_0000_0000UL | (uint)(numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3])));
            port = (ushort)(numbers[4] << 8 | numbers[5]);
            return port != 0;
        }
        return false;
    }

    /// <summary><c>EPRT</c> and the reply to <c>EPSV</c>: the number between the last two delimiters, which may be any character.</summary>
    public static bool TryReadExtended(ReadOnlySpan<byte> text, out ushort port)
    {
        port = 0;
        for (var start = 0; start < text.Length; start++)
        {
            if (text[start] is not ((byte)'|' or (byte)'!' or (byte)'#')) continue;
            var rest = text[start..];
            var delimiter = rest[0];
            var at = 1;
            for (var field = 0; field < 2; field++)
            {
                var next = rest[at..].IndexOf(delimiter);
                if (next < 0) return false;
                at += next + 1;
            }
            return Utf8Parser.TryParse(rest[at..], out port, out var length) && rest[(at + length)..].StartsWith(rest[..1]) && port != 0;
        }
        return false;
    }

    private static bool TryRead(ReadOnlySpan<byte> text, Span<byte> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!Utf8Parser.TryParse(text, out byte number, out var length)) return false;
            numbers[i] = number;
            text = text[length..];
            if (i == numbers.Length - 1) return true;
            if (text is not [(byte)',', ..]) return false;
            text = text[1..].TrimStart((byte)' ');
        }
        return false;
    }
}
