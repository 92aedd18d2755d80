using Demilune.Rules.Compile;
using Demilune.Rules.State;

namespace Demilune.Inspection.Detection;

/// <summary>Counts matches per policy, signature and whom it tracks, for <c>threshold</c> and <c>detection_filter</c>.</summary>
internal sealed class Thresholds
{
    /// <summary>Counters at a time: an attacker with many addresses fills the table, and then counts afresh for all. 64 Ki × about 100 bytes.</summary>
    private const int MaxCounters = 65_536;

    private readonly Dictionary<Key, Counter> _counters = [];
    private readonly Dictionary<Key, Counter> _rates = [];
    private readonly Dictionary<Key, long> _limited = [];

    private readonly record struct Key(string Policy, uint Gid, uint Sid, UInt128 First, UInt128 Second, ulong Flow);

    private readonly record struct Counter(long Start, int Count);

    /// <summary>What a match does: the signature's own action, or while it matches too often the one that a rate filter gives it.</summary>
    public RuleAction Action(string policy, Signature signature, UInt128 source, UInt128 destination, ulong flow, long now)
    {
        if (signature.Rate is not { } rate) return signature.Action;
        var key = KeyOf(policy, signature, rate.Track, source, destination, flow);
        if (_limited.TryGetValue(key, out var until))
        {
            if (now < until) return rate.NewAction ?? signature.Action;
            _limited.Remove(key);
            _rates.Remove(key);
        }
        if (!_rates.TryGetValue(key, out var counter) || now - counter.Start >= rate.Period.Ticks * 100) counter = new(now, 0);
        counter = counter with { Count = counter.Count + 1 };
        if (_rates.Count >= MaxCounters) _rates.Clear();
        _rates[key] = counter;
        if (counter.Count <= rate.Count) return signature.Action;
        if (_limited.Count >= MaxCounters) _limited.Clear();
        _limited[key] = rate.Timeout == TimeSpan.Zero ? long.MaxValue : now + rate.Timeout.Ticks * 100;
        return rate.NewAction ?? signature.Action;
    }

    /// <summary>Counts a match.</summary>
    /// <returns>What may be done about it.</returns>
    public ThresholdOutcome Count(string policy, Signature signature, UInt128 source, UInt128 destination, ulong flow, long now)
    {
        if (signature.Threshold is not { } rule) return ThresholdOutcome.Report;
        var key = KeyOf(policy, signature, rule.Track, source, destination, flow);
        if (!_counters.TryGetValue(key, out var counter) || now - counter.Start >= rule.Period.Ticks * 100) counter = new(now, 0);
        counter = counter with { Count = counter.Count + 1 };
        if (_counters.Count >= MaxCounters) _counters.Clear();
        _counters[key] = rule.Kind == ThresholdKind.Threshold && counter.Count >= rule.Count ? new(counter.Start, 0) : counter;
        var reports = rule.Kind switch
        {
            ThresholdKind.Limit => counter.Count <= rule.Count,
            ThresholdKind.Threshold => counter.Count >= rule.Count,
            ThresholdKind.Both => counter.Count == rule.Count,
            _ => counter.Count > rule.Count,
        };
        if (reports) return ThresholdOutcome.Report;
        return rule.Kind == ThresholdKind.DetectionFilter ? ThresholdOutcome.NoMatch : ThresholdOutcome.Silent;
    }

    private static Key KeyOf(string policy, Signature signature, ThresholdTrack track, UInt128 source, UInt128 destination, ulong flow) => track switch
    {
        ThresholdTrack.BySource => new(policy, signature.Gid, signature.Sid, source, 0, 0),
        ThresholdTrack.ByDestination => new(policy, signature.Gid, signature.Sid, 0, destination, 0),
        ThresholdTrack.ByBoth => new(policy, signature.Gid, signature.Sid, source, destination, 0),
        ThresholdTrack.ByFlow => new(policy, signature.Gid, signature.Sid, 0, 0, flow),
        _ => new(policy, signature.Gid, signature.Sid, 0, 0, 0),
    };
}

/// <summary>What a threshold says to a match.</summary>
internal enum ThresholdOutcome : byte
{
    /// <summary>Act and tell.</summary>
    Report,

    /// <summary>Act, do not tell.</summary>
    Silent,

    /// <summary>It does not count as a match.</summary>
    NoMatch,
}
