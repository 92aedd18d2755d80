namespace Demilune.Rules.State;

public enum ThresholdKind
{
    /// <summary>Alert at most <c>Count</c> times per period.</summary>
    Limit,

    /// <summary>Alert on every <c>Count</c>th match of the period.</summary>
    Threshold,

    /// <summary>Alert once per period, when the <c>Count</c>th match is seen.</summary>
    Both,

    /// <summary><c>detection_filter</c>: the signature does not match at all until <c>Count</c> is exceeded.</summary>
    DetectionFilter,
}

public enum ThresholdTrack { BySource, ByDestination, ByBoth, ByRule, ByFlow }

/// <summary><c>threshold</c> or <c>detection_filter</c>. Limits what is reported; a drop still drops.</summary>
public sealed record RuleThreshold(ThresholdKind Kind, ThresholdTrack Track, int Count, TimeSpan Period);
