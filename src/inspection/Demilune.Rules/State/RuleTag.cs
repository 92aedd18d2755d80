namespace Demilune.Rules.State;

public enum TagTarget { Session, Source, Destination }

public enum TagMetric { Packets, Bytes, Seconds }

/// <summary><c>tag</c>: after a match, what follows is recorded.</summary>
/// <param name="Count">How much; 0 is without end.</param>
public sealed record RuleTag(TagTarget Target, uint Count, TagMetric Metric)
{
    /// <summary>As in Suricata, where a session is tagged without a count.</summary>
    public const uint DefaultPackets = 256;
}
