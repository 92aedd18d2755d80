using Demilune.Rules.Matching;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Prefilters;

/// <summary>Everything that makes signatures candidates because of one buffer in one direction.</summary>
internal sealed class BufferPrefilter(LiteralPrefilter? literals, int[] always, TransformedPrefilter[] transformed, RegexPrefilter? expressions)
{
    /// <summary>Every search for literals in it.</summary>
    public IEnumerable<LiteralPrefilter> Searches => (literals is null ? [] : new[] { literals }).Concat(transformed.Select(chain => chain.Literals));

    public void Scan(ReadOnlySpan<byte> bytes, MatchContext context)
    {
        foreach (var signature in always) context.Candidates.Add(signature);
        expressions?.Scan(bytes, context.Candidates);
        literals?.Scan(bytes, context.Candidates);
        foreach (var chain in transformed) chain.Literals.Scan(context.Transform(bytes, chain.Transforms), context.Candidates);
    }

    public void Scan(ref StreamTail tail, ReadOnlySpan<byte> bytes, MatchContext context)
    {
        foreach (var signature in always) context.Candidates.Add(signature);
        expressions?.AddAll(context.Candidates);
        Span<byte> seam = stackalloc byte[2 * StreamTail.Capacity];
        if (literals is not null)
        {
            if (tail.Seam(bytes, StreamTail.MaxPatternLength - 1, seam) is > 0 and var length) literals.Scan(seam[..length], context.Candidates);
            literals.Scan(bytes, context.Candidates);
        }
        foreach (var chain in transformed)
        {
            if (chain.SeesAcross)
            {
                if (tail.Seam(bytes, StreamTail.Capacity, seam) is > 0 and var length)
                    chain.Literals.Scan(context.Transform(seam[..length], chain.Transforms), context.Candidates);
                chain.Literals.Scan(context.Transform(bytes, chain.Transforms), context.Candidates);
            }
            else
            {
                // What the whole would be transformed to cannot be told from a piece: nobody may slip through for that.
                foreach (var signature in chain.Signatures) context.Candidates.Add(signature);
            }
        }
        tail.Append(bytes);
    }
}

/// <summary>Literals looked for in what transformations make of a buffer.</summary>
internal sealed record TransformedPrefilter(Transform[] Transforms, LiteralPrefilter Literals, int[] Signatures)
{
    /// <summary>The tail of a stream is long enough for the longest literal, however it was encoded.</summary>
    public bool SeesAcross { get; } =
        Transforms.Aggregate(1L, (reach, transform) => reach * transform.Reach) is > 0 and <= StreamTail.Capacity / StreamTail.MaxTransformedPatternLength;
}
