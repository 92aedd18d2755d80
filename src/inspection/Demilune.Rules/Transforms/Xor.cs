namespace Demilune.Rules.Transforms;

/// <summary><c>xor:"0d0ac8ff"</c>: each byte with the key, which repeats.</summary>
internal sealed record Xor(string HexKey) : Transform
{
    private readonly byte[] _key = Convert.FromHexString(HexKey);

    public override string Name => "xor";

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        for (var i = 0; i < input.Length; i++) output[i] = (byte)(input[i] ^ _key[i % _key.Length]);
        return input.Length;
    }

    public bool Equals(Xor? other) => other is not null && other.HexKey == HexKey;
    public override int GetHashCode() => HexKey.GetHashCode(StringComparison.Ordinal);
}
