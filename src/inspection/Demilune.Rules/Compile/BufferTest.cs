using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Compile;

/// <summary>What a signature asks of one buffer: an ordered chain of steps, all of which have to hold in one instance of it.</summary>
public sealed class BufferTest
{
    public required BufferId Buffer { get; init; }

    /// <summary>The transformations, for display. Empty: the buffer as it is.</summary>
    public IEnumerable<string> TransformNames => Transforms.Select(transform => transform.Name);

    /// <summary>How many conditions follow each other in it.</summary>
    public int StepCount => Steps.Length;

    internal Transform[] Transforms { get; init; } = [];
    internal MatchStep[] Steps { get; init; } = [];

    /// <summary>Whether a success may be remembered for later calls. Not so for payload, nor where values pass from test to test.</summary>
    internal bool IsSticky { get; init; } = true;

    /// <summary>A step of it changes something: tried last, and only if all the others hold.</summary>
    internal bool HasEffect { get; init; }

    /// <summary>For <see cref="BufferId.Stream"/>: the packet's own payload is not looked at as well.</summary>
    internal bool StreamOnly { get; init; }
}
