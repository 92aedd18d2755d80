using Demilune.Rules.Compile;

namespace Demilune.Rules.State;

/// <summary><c>rate_filter</c>: a signature that matches more often than this gets another action for a while.</summary>
/// <param name="Count">Matches of one period that are still ordinary.</param>
/// <param name="NewAction">Null: as before.</param>
/// <param name="Timeout">How long the new action stays.</param>
public sealed record RateFilter(ThresholdTrack Track, int Count, TimeSpan Period, RuleAction? NewAction, TimeSpan Timeout);
