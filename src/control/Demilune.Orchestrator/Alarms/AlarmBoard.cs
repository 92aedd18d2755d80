using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;

namespace Demilune.Orchestrator.Alarms;

/// <summary>What is wrong now, and what was. Immutable: each look at the situation makes the next one.</summary>
/// <param name="Active">By id.</param>
/// <param name="Cleared">Newest first.</param>
internal sealed record AlarmBoard(ImmutableSortedDictionary<string, Alarm> Active, ImmutableList<Alarm> Cleared)
{
    public static readonly AlarmBoard Empty = new(ImmutableSortedDictionary.Create<string, Alarm>(StringComparer.Ordinal), []);

    public const int MaxCleared = 500;

    /// <summary>How long after a restart a trouble may take to show itself again as the one that was acknowledged: nodes have to come back first.</summary>
    public static readonly TimeSpan MemoryOfRestart = TimeSpan.FromMinutes(2);

    /// <summary>Acknowledged before the restart, and not seen again yet; by id.</summary>
    public ImmutableDictionary<string, Alarm> Remembered { get; init; } = ImmutableDictionary<string, Alarm>.Empty;

    /// <summary>Until when they are remembered; null: nobody has looked since the restart.</summary>
    public DateTimeOffset? RememberedUntil { get; init; }

    /// <summary>What has to outlast a restart.</summary>
    public IReadOnlyList<Alarm> Acknowledged => [.. Active.Values.Where(alarm => alarm.AcknowledgedBy is not null).Concat(Remembered.Values)];

    public IEnumerable<Alarm> All => Active.Values.Concat(Cleared);

    /// <summary>Pure.</summary>
    /// <returns>The next board, and the alarms that were raised or cleared.</returns>
    public (AlarmBoard Board, IReadOnlyList<Alarm> Turned) Next(Situation situation)
    {
        var now = Trouble(situation).DistinctBy(trouble => trouble.Id).ToDictionary(trouble => trouble.Id, StringComparer.Ordinal);
        var (active, cleared, turned) = (Active.ToBuilder(), Cleared.ToBuilder(), new List<Alarm>());
        var until = RememberedUntil ?? situation.Now + MemoryOfRestart;
        var remembered = situation.Now < until ? Remembered : ImmutableDictionary<string, Alarm>.Empty;
        foreach (var (id, trouble) in now)
        {
            if (active.TryGetValue(id, out var known))
            {
                active[id] = known with { Message = trouble.Message, Severity = trouble.Severity };
                continue;
            }
            if (remembered.TryGetValue(id, out var seen))
            {
                active[id] = seen with { Message = trouble.Message, Severity = trouble.Severity };
                remembered = remembered.Remove(id);
                continue;
            }
            active[id] = trouble;
            turned.Add(trouble);
        }
        foreach (var gone in Active.Values.Where(alarm => !now.ContainsKey(alarm.Id)))
        {
            active.Remove(gone.Id);
            cleared.Insert(0, gone with { Cleared = situation.Now });
            turned.Add(cleared[0]);
        }
        if (cleared.Count > MaxCleared) cleared.RemoveRange(MaxCleared, cleared.Count - MaxCleared);
        return (new(active.ToImmutable(), cleared.ToImmutable()) { Remembered = remembered, RememberedUntil = until }, turned);
    }

    /// <returns>Null: there is no such alarm.</returns>
    public AlarmBoard? Acknowledge(string id, string by, DateTimeOffset at) =>
        Active.TryGetValue(id, out var alarm) ? this with { Active = Active.SetItem(id, alarm with { AcknowledgedBy = by, AcknowledgedAt = at }) } : null;

    /// <summary>Conditions that are not as they should be, as they stand in the objects' status: what kubectl shows and what alarms say is the same.</summary>
    private static IEnumerable<Alarm> Trouble(Situation situation)
    {
        foreach (var firewall in situation.Firewalls.Values)
        {
            var conditions = firewall.Status?.Conditions;
            if (Conditions.Find(conditions, "Accepted") is { Status: "False" } misconfigured)
                yield return Of("FirewallRefused", $"Firewall/{firewall.Metadata.Name}", "warning", misconfigured.Message);
            if (Conditions.Find(conditions, "Available") is { Status: "False" } unavailable)
                yield return Of("FirewallUnavailable", $"Firewall/{firewall.Metadata.Name}", "critical", unavailable.Message);
            if (Conditions.Find(conditions, "KeepsUp") is { Status: "False" } overloaded)
                yield return Of("FirewallOverloaded", $"Firewall/{firewall.Metadata.Name}", "warning", overloaded.Message);
            if (Conditions.Find(conditions, "Progressing") is { Reason: "RolledBack" } taken)
                yield return Of("RolledBack", $"Firewall/{firewall.Metadata.Name}", "warning", taken.Message);
        }
        foreach (var policy in situation.Policies.Values)
        {
            var conditions = policy.Policy.Status?.Conditions;
            if (Conditions.Find(conditions, "Accepted") is { Status: "False" } refused)
                yield return Of("PolicyRefused", $"SecurityPolicy/{policy.Name}", "critical", refused.Message);
            else if (Conditions.Find(conditions, "Enforced") is { Status: "False" } unenforced)
                yield return Of("PolicyNotEnforced", $"SecurityPolicy/{policy.Name}", "critical", unenforced.Message);
            if (policy.Policy.Status?.RuleErrors is { Count: > 0 } errors)
                yield return Of("RuleErrors", $"SecurityPolicy/{policy.Name}", "warning", $"{errors.Count} rules were refused, the first: {errors[0]}");
        }
        foreach (var manager in situation.Managers)
            if (Conditions.Find(manager.Status?.Conditions, "Reachable") is { Status: "False" } silent)
                yield return Of("ManagerSilent", $"SecurityManager/{manager.Metadata.Name}", "warning", silent.Message);
        foreach (var node in situation.Pods.Values.Where(pod => !pod.SecurityPolicies.IsEmpty).Select(pod => pod.Node).Distinct(StringComparer.Ordinal))
            if (!situation.Observed.Nodes.ContainsKey(node))
                yield return Of("NodeAway", $"Node/{node}", "warning", "its agent is not connected; it goes on enforcing what it was told last");

        Alarm Of(string kind, string subject, string severity, string message) => new($"{kind}:{subject}", kind, subject, severity, message, situation.Now);
    }
}
