using System.Collections.Immutable;
using Demilune.Contracts.Nodes;

namespace Demilune.Orchestrator.Observing;

/// <summary>An instance that was given more frames than it takes. They are lost, whatever onFailure says: it lives, and what it did not see does not pass.</summary>
/// <param name="Counted">Its counter, as seen last.</param>
/// <param name="Since">When it began; null: it keeps up.</param>
/// <param name="LastLoss">When the counter grew last.</param>
/// <param name="Lost">Since it began.</param>
internal sealed record Overload(string Node, ulong Counted, DateTimeOffset? Since = null, DateTimeOffset LastLoss = default, ulong Lost = 0);

/// <summary>Which instances lose frames now. Immutable: each look at the nodes makes the next one.</summary>
/// <param name="ByPod">By pod UID, every instance that is observed.</param>
internal sealed record OverloadBoard(ImmutableDictionary<string, Overload> ByPod)
{
    public static readonly OverloadBoard Empty = new(ImmutableDictionary<string, Overload>.Empty);

    /// <summary>Bursts closer together than this are one overload, so that a bad hour is two Events and not a thousand.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    /// <returns>Null: it keeps up.</returns>
    public Overload? Find(string podUid) => ByPod.GetValueOrDefault(podUid) is { Since: not null } overload ? overload : null;

    /// <summary>Pure.</summary>
    /// <returns>The next board, and the instances whose overload began or is over.</returns>
    public (OverloadBoard Board, IReadOnlyList<(string PodUid, Overload Overload, bool Began)> Turned) Next(Observed observed, DateTimeOffset now)
    {
        var next = ImmutableDictionary.CreateBuilder<string, Overload>();
        var turned = new List<(string, Overload, bool)>();
        foreach (var (node, observation) in observed.Nodes)
            foreach (var seen in observation.Firewalls)
            {
                var after = After(ByPod.GetValueOrDefault(seen.PodUid), node, seen, now);
                next[seen.PodUid] = after.Overload;
                if (after.Began) turned.Add((seen.PodUid, after.Overload, true));
                if (after.Over is { } over) turned.Add((seen.PodUid, over, false));
            }
        return (new(next.ToImmutable()), turned);
    }

    private static (Overload Overload, bool Began, Overload? Over) After(Overload? before, string node, FirewallObservation seen, DateTimeOffset now)
    {
        // What was lost before anybody looked is no news.
        if (before is null) return (new(node, seen.FramesMissed), false, null);
        // A container that was started anew counts from nothing.
        var lost = seen.FramesMissed >= before.Counted ? seen.FramesMissed - before.Counted : seen.FramesMissed;
        if (lost > 0)
        {
            var began = before.Since is null;
            return (new(node, seen.FramesMissed, before.Since ?? now, now, (began ? 0 : before.Lost) + lost), began, null);
        }
        var isOver = before.Since is not null && now - before.LastLoss >= Quiet;
        return isOver ? (new(node, seen.FramesMissed), false, before) : (before with { Counted = seen.FramesMissed }, false, null);
    }
}
