using System.Diagnostics;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>The states of the cluster that were asked for one after the other, and what they say of a packet.</summary>
/// <remarks>A state counts from before the network hears of it until the kernel has all of the next one.</remarks>
internal sealed class StateHistory
{
    private readonly List<Period> _periods = [];

    public int Count => _periods.Count;

    /// <summary>How many of them have something judged.</summary>
    public int Judged => _periods.Count(period => period.Intent.Policies.Any(policy => policy.SecurityPolicies.Length > 0));

    /// <summary>A state is about to be asked for.</summary>
    /// <param name="byRequests">The kernel goes over to it request by request; else by one change.</param>
    /// <returns>To be called when the kernel has all of it.</returns>
    public Action Begin(string because, Cluster cluster, bool byRequests)
    {
        var period = new Period(Stopwatch.GetTimestamp(), PolicyCompiler.Compile(cluster), cluster.Pods.ToDictionary(pod => pod.Uid), because, IsOneChange: !byRequests);
        var before = _periods.LastOrDefault();
        _periods.Add(period);
        return () => before?.To = Stopwatch.GetTimestamp();
    }

    /// <summary>What may be said of a packet that went from one pod to another, both known by their UIDs.</summary>
    /// <param name="after">When it was certainly over.</param>
    public Ruling Judge(string from, string to, Protocol protocol, ushort port, bool v6, long before, long after)
    {
        var (whole, egress, ingress, must, states) = (false, false, false, true, new List<string>());
        // What a pod has sent may arrive when it is no more.
        var periods = _periods.Where(period => period.From <= after && before <= period.To && period.Pods.ContainsKey(from) && period.Pods.ContainsKey(to)).ToList();
        foreach (var period in periods)
        {
            var outcome = period.Intent.Judge(new Attempt(period.Pods[from], Any(v6), period.Pods[to], Any(v6), protocol, port));
            // Who is to be judged is the acceptor's policies' to say, and nobody judges here.
            var isFree = outcome.SecurityPolicies.Count == 0;
            egress |= outcome.Egress is not { Allowed: false };
            ingress |= outcome.Ingress is not { Allowed: false } && isFree;
            whole |= outcome.Allowed && isFree;
            must &= outcome.Allowed && isFree;
            states.Add($"{period.Because}{(period.IsOneChange ? "" : " request by request")} ({Says(outcome)})");
        }
        // Both ends are on one node: in one change they change together.
        return new(periods.Skip(1).All(period => period.IsOneChange) ? whole : egress && ingress, must && periods.Count > 0, string.Join(", then ", states));
    }

    private static string Says(Outcome outcome) => outcome switch
    {
        { Allowed: false } => "denies",
        { SecurityPolicies.Count: > 0 } => "has it judged",
        _ => "allows",
    };

    /// <summary>Selectors do not look at addresses, and there are no other peers here.</summary>
    private static Prefix Any(bool v6) => new(v6, 1, v6 ? 128 : 32);

    private sealed record Period(long From, ClusterIntent Intent, IReadOnlyDictionary<string, Pod> Pods, string Because, bool IsOneChange)
    {
        /// <summary>When the kernel had all of the next one.</summary>
        public long To { get; set; } = long.MaxValue;
    }
}

/// <param name="May">Some state that held meanwhile lets it pass.</param>
/// <param name="Must">All of them do.</param>
internal sealed record Ruling(bool May, bool Must, string States);
