using Demilune.Contracts.Frames;
using OnFailure = Demilune.Contracts.Nodes.SecurityPolicy.Types.OnFailure;

namespace Demilune.Node.Splice.Compile;

/// <summary>Who judges the flows that several classifiers select.</summary>
/// <param name="ChainId">Through whose instances they go: those of the first that counts.</param>
/// <param name="Policies">Tags of those that count, in the order in which they speak.</param>
/// <param name="Shadows">Tags of those that only tell.</param>
internal sealed record Panel(string ChainId, IReadOnlyList<ushort> Policies, IReadOnlyList<ushort> Shadows)
{
    private readonly string _key = $"{ChainId} {string.Join(',', Policies)} {string.Join(',', Shadows)}";

    /// <summary>One policy that counts, and nobody beside it: its flows carry its own tag.</summary>
    public bool IsOne => Policies.Count == 1 && Shadows.Count == 0;

    /// <summary>If nobody can judge: the strictest of what those that count say.</summary>
    public OnFailure OnFailure { get; private init; }

    /// <returns>Null: nobody judges them.</returns>
    /// <exception cref="TooManyException">More policies count than a firewall can judge by at once.</exception>
    public static Panel? Of(IEnumerable<(Judge Judge, string ChainId)> selecting)
    {
        var all = selecting.DistinctBy(one => (one.Judge.Tag, one.Judge.IsShadow)).OrderBy(one => one.Judge).ToList();
        var counting = all.Where(one => !one.Judge.IsShadow).ToList();
        // One that cannot be loaded fails as it says: closed, whatever the others say; or open, and the others judge.
        foreach (var (judge, chain) in counting)
            if (judge is { IsLoaded: false, FailsOpen: false }) return new(chain, [judge.Tag], []) { OnFailure = judge.OnFailure };
        var present = counting.Where(one => one.Judge.IsLoaded).ToList();
        if (present.Count == 0 && counting is [var (absent, empty), ..]) return new(empty, [absent.Tag], []) { OnFailure = OnFailure.Open };
        if (present.Count > CombinationTags.MaxMembers)
            throw new TooManyException($"{present.Count} SecurityPolicies select one flow ({string.Join(", ", present.Select(one => one.Judge.Name))}); a firewall judges by at most {CombinationTags.MaxMembers}");
        // Shadows beyond that are left out: they must never do harm.
        var shadows = all.Where(one => one.Judge is { IsShadow: true, IsLoaded: true } && !counting.Exists(counts => counts.Judge.Tag == one.Judge.Tag))
            .Take(CombinationTags.MaxMembers - present.Count).ToList();
        if (present.Count + shadows.Count == 0) return null;
        return new((present.Count > 0 ? present : shadows)[0].ChainId, [.. present.Select(one => one.Judge.Tag)], [.. shadows.Select(one => one.Judge.Tag)])
        {
            OnFailure = Strictest(present.Select(one => one.Judge.OnFailure)),
        };
    }

    // Nobody that counts: they pass.
    private static OnFailure Strictest(IEnumerable<OnFailure> said) => said.DefaultIfEmpty(OnFailure.Open).MinBy(one => one switch
    {
        OnFailure.Open => 2,
        OnFailure.ClosedForNew => 1,
        _ => 0,
    });

    public bool Equals(Panel? other) => other is not null && _key == other._key;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_key);
}
