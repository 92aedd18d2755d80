using Demilune.Rules.Compile;

namespace Demilune.Inspection.Detection;

/// <summary>How far each signature of a rule set has come, and what that has cost. Filled by one inspector, for people who write rules; the firewall keeps none.</summary>
/// <param name="rules">Whose signatures are watched; others are not.</param>
/// <param name="clock">Nanoseconds of any steady clock.</param>
public sealed class RuleProfile(RuleSet rules, Func<long> clock)
{
    private readonly RuleCost[] _costs = new RuleCost[rules.Signatures.Count];

    public RuleSet Rules => rules;

    /// <summary>By <see cref="Signature.Index"/>.</summary>
    public RuleCost this[int signature] => _costs[signature];

    internal long Now => clock();

    internal void Consider(int signature) => _costs[signature].Considered++;

    internal void Fit(int signature) => _costs[signature].Fitted++;

    /// <param name="signature">Its buffers were looked into.</param>
    /// <param name="started">When that began.</param>
    /// <param name="held">Which of its tests have held so far.</param>
    /// <param name="matched">All of them.</param>
    internal void Try(int signature, long started, uint held, bool matched)
    {
        ref var cost = ref _costs[signature];
        cost.Tried++;
        cost.Nanoseconds += clock() - started;
        cost.Held |= held;
        if (matched) cost.Matched++;
    }
}

/// <summary>What became of one signature.</summary>
/// <param name="Considered">What it is looked for by was there, and it had not matched yet.</param>
/// <param name="Fitted">Its header, direction and packet conditions held, too.</param>
/// <param name="Tried">Its flow bits and the like, too: its buffers were looked into.</param>
/// <param name="Matched">They held what it asks for.</param>
/// <param name="Nanoseconds">Of all tries together.</param>
/// <param name="Held">A bit for each test, in order, that has held once; of tests that are tried anew each time none.</param>
public record struct RuleCost(long Considered, long Fitted, long Tried, long Matched, long Nanoseconds, uint Held);
