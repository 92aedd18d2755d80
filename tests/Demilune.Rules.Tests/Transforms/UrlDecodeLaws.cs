using CsCheck;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Tests.Transforms;

public class UrlDecodeLaws
{
    // What escapes are made of, and what looks like it.
    private static readonly Gen<byte[]> s_text = Gen.Int[0, 9].Select(i => (byte)"%+2fFgG4\u0000\u00e4"[i]).Array[0, 40];

    [Fact]
    public void It_writes_what_reading_byte_by_byte_writes() => s_text.Sample(text =>
    {
        var output = new byte[text.Length];
        return output.AsSpan(0, new UrlDecode().Apply(text, output)).SequenceEqual(ByteByByte(text));
    });

    private static byte[] ByteByByte(byte[] text)
    {
        List<byte> decoded = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                decoded.Add(Convert.ToByte($"{(char)text[i + 1]}{(char)text[i + 2]}", 16));
                i += 2;
            }
            else decoded.Add(text[i] == '+' ? (byte)' ' : text[i]);
        }
        return [.. decoded];
    }
}
