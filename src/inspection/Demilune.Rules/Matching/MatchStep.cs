namespace Demilune.Rules.Matching;

/// <summary>One condition in the chain of a <see cref="Compile.BufferTest"/>. Immutable.</summary>
internal abstract class MatchStep
{
    /// <summary>Its place depends on where the step before it ended (<c>distance</c>, <c>within</c>, <c>relative</c>, <c>/R</c>).</summary>
    public bool IsRelative { get; init; }

    /// <summary>It moves the place that a following relative step starts from.</summary>
    public virtual bool MovesPosition => false;

    /// <summary>It changes something that outlives the evaluation: tried only when everything else holds.</summary>
    public virtual bool HasEffect => false;

    /// <summary>
    /// Another occurrence could help a later step: some later step is relative to this one. Otherwise the first occurrence decides and
    /// there is no point in trying the next. Set once, when the chain is complete.
    /// </summary>
    public bool RetryHelps { get; set; }

    /// <summary>Tests this step at the run's position and, if it holds, the rest of the chain.</summary>
    public abstract bool Holds(ref MatchRun run, int index);
}
