namespace Demilune.Rules.Transforms;

/// <summary><c>url_decode</c>: %41 becomes A, + a space; what is no such escape stays.</summary>
internal sealed record UrlDecode : Transform
{
    public override string Name => "url_decode";
    public override int Reach => 3;

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var length = 0;
        while (true)
        {
            var plain = input.IndexOfAny((byte)'%', (byte)'+');
            if (plain < 0) break;
            input[..plain].CopyTo(output[length..]);
            length += plain;
            if (input[plain..] is [(byte)'%', var first, var second, ..] && Digit(first) is >= 0 and var high && Digit(second) is >= 0 and var low)
            {
                output[length++] = (byte)(high << 4 | low);
                input = input[(plain + 3)..];
                continue;
            }
            output[length++] = input[plain] == '+' ? (byte)' ' : input[plain];
            input = input[(plain + 1)..];
        }
        input.CopyTo(output[length..]);
        return length + input.Length;
    }

    private static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
