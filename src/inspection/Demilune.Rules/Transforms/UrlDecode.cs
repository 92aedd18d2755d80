namespace Demilune.Rules.Transforms;

/// <summary><c>url_decode</c>: %41 becomes A, + a space; what is no such escape stays.</summary>
internal sealed record UrlDecode : Transform
{
    public override string Name => "url_decode";
    public override int Reach => 3;

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var length = 0;
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] == '%' && i + 2 < input.Length && Digit(input[i + 1]) is >= 0 and var high && Digit(input[i + 2]) is >= 0 and var low)
            {
                output[length++] = (byte)(high << 4 | low);
                i += 2;
            }
            else output[length++] = input[i] == '+' ? (byte)' ' : input[i];
        }
        return length;
    }

    private static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
