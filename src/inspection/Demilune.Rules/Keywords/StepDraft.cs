using Demilune.Rules.Matching;

namespace Demilune.Rules.Keywords;

/// <summary>A step while later options may still change it.</summary>
/// <param name="position">Of the keyword, for errors.</param>
internal abstract class StepDraft(int position)
{
    public int Position { get; } = position;

    public abstract MatchStep Build();
}

/// <summary>A step that no modifier changes.</summary>
internal class FixedDraft(int position, MatchStep step) : StepDraft(position)
{
    public MatchStep Step { get; } = step;

    public override MatchStep Build() => Step;
}

/// <summary><c>content</c> and what its modifiers have said so far.</summary>
internal sealed class ContentDraft(int position, byte[] pattern, bool isNegated) : StepDraft(position)
{
    public byte[] Pattern { get; } = pattern;
    public bool IsNegated { get; } = isNegated;
    public bool NoCase { get; set; }
    public Operand? Offset { get; set; }
    public Operand? Depth { get; set; }
    public Operand? Distance { get; set; }
    public Operand? Within { get; set; }
    public bool StartsWith { get; set; }
    public bool EndsWith { get; set; }
    public bool IsFastPattern { get; set; }

    /// <summary>Only the prefilter looks for it; the position does not matter to the rest of the rule.</summary>
    public bool IsFastPatternOnly { get; set; }

    /// <summary><c>fast_pattern:offset,length</c>, or null for the whole.</summary>
    public (int Offset, int Length)? Chop { get; set; }

    public bool IsRelative => Distance is not null || Within is not null;

    /// <summary>Its place was told by <c>distance</c> and <c>within</c>, which do not make a rule one about packets.</summary>
    public bool IsPlacedByMatch { get; set; }
    public bool IsAnchored => !IsPlacedByMatch && (Offset is not null || Depth is not null);

    public override MatchStep Build() => new ContentStep(Pattern, NoCase)
    {
        IsNegated = IsNegated, IsRelative = IsRelative, EndsWith = EndsWith,
        Offset = Offset, Depth = Depth, Distance = Distance, Within = Within,
    };
}
