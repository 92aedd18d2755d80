namespace Demilune.Rules.Transforms;

/// <summary>Makes other bytes of a buffer before contents look into it. Equal transforms are one: chains are shared between rules.</summary>
public abstract record Transform
{
    /// <summary>The keyword, as in a rule.</summary>
    public abstract string Name { get; }

    /// <returns>The most bytes <see cref="Apply"/> can write for so many in.</returns>
    public virtual int MaxOutput(int inputLength) => inputLength;

    /// <summary>
    /// Input bytes that decide one output byte, where those are neighbours: then a stream may be transformed piece by piece with some overlap.
    /// 0: the whole input matters.
    /// </summary>
    public virtual int Reach => 0;

    /// <returns>Whether its output can contain these bytes.</returns>
    public virtual bool Leaves(ReadOnlySpan<byte> content) => true;

    /// <returns>How many bytes were written to <paramref name="output"/>, which never overlaps the input.</returns>
    public abstract int Apply(ReadOnlySpan<byte> input, Span<byte> output);
}
