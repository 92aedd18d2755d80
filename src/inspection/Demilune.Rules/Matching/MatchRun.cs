using Demilune.Rules.Buffers;

namespace Demilune.Rules.Matching;

/// <summary>One walk of a chain of steps over one buffer.</summary>
internal ref struct MatchRun(ReadOnlySpan<byte> bytes, long streamOffset, bool isComplete, MatchStep[] steps, MatchContext context)
{
    public readonly ReadOnlySpan<byte> Bytes = bytes;

    /// <summary>Where <see cref="Bytes"/> starts in the whole buffer: <c>offset</c> and <c>depth</c> count from there, relative distances do not.</summary>
    public readonly long StreamOffset = streamOffset;
    public readonly bool IsComplete = isComplete;
    public readonly MatchContext Context = context;
    private readonly MatchStep[] _steps = steps;

    /// <summary>The end of the last match: where relative steps start. 0 at first.</summary>
    public int Position;

    public BufferId Buffer;
    public int Instance;
    public bool Transformed;

    /// <summary>Of whoever sent the buffer.</summary>
    public bool IsLittleEndian;

    public bool Start() => Continue(0);

    /// <summary>The chain from <paramref name="index"/> on. The last step has no more conditions.</summary>
    public bool Continue(int index) => index == _steps.Length || _steps[index].Holds(ref this, index);

    public readonly void Found(int offset, int length) => Context.Found(Buffer, Instance, Transformed, offset, Bytes.Slice(offset, length));
}
