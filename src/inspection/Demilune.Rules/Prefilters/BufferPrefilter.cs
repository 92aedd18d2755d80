using Demilune.Rules.Matching;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Prefilters;

/// <summary>Everything that makes signatures candidates because of one buffer in one direction.</summary>
internal sealed class BufferPrefilter(LiteralPrefilter? literals, int[] always, TransformedPrefilter[] transformed)
{
    public void Scan(ReadOnlySpan<byte> bytes, MatchContext context)
    {
        AddUnfiltered(bytes, context);
        literals?.Scan(bytes, context.Candidates);
    }

    public void Scan(ref StreamTail tail, ReadOnlySpan<byte> bytes, MatchContext context)
    {
        AddUnfiltered(bytes, context);
        if (literals is not null)
        {
            if (tail.Length > 0)
            {
                // The seam: the end of what was before and the start of what is now.
                Span<byte> seam = stackalloc byte[2 * StreamTail.Capacity];
                var head = bytes[..Math.Min(bytes.Length, StreamTail.Capacity)];
                tail.CopyTo(seam);
                head.CopyTo(seam[tail.Length..]);
                literals.Scan(seam[..(tail.Length + head.Length)], context.Candidates);
            }
            literals.Scan(bytes, context.Candidates);
        }
        tail.Append(bytes);
    }

    private void AddUnfiltered(ReadOnlySpan<byte> bytes, MatchContext context)
    {
        foreach (var signature in always) context.Candidates.Add(signature);
        foreach (var chain in transformed) chain.Literals.Scan(context.Transform(bytes, chain.Transforms), context.Candidates);
    }
}

/// <summary>Literals looked for in what transformations make of a buffer.</summary>
internal sealed record TransformedPrefilter(Transform[] Transforms, LiteralPrefilter Literals);
