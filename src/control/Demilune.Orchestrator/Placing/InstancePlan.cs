using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>Where an instance has to be.</summary>
internal readonly record struct Slot(string Firewall, string Node);

/// <summary>What is to be done about instances.</summary>
internal abstract record InstanceAction(string Reason)
{
    public sealed record Create(Firewall Firewall, string Node, string Name, string Reason) : InstanceAction(Reason);

    /// <param name="AtOnce">Nothing is lost by not waiting for its last words.</param>
    public sealed record Delete(V1Pod Pod, string Reason, bool AtOnce) : InstanceAction(Reason);
}

/// <summary>(slots, pods, health) → what to do. Pure.</summary>
internal static class InstancePlan
{
    /// <param name="needed">Slots that protect somebody.</param>
    /// <param name="instances">Every pod that is an instance of some Firewall.</param>
    /// <param name="isHealthy">By UID: it passes frames.</param>
    /// <param name="isDead">By UID: it should and does not, for longer than one waits.</param>
    /// <param name="isIdle">By UID: nobody has needed it for longer than one waits.</param>
    /// <param name="isDrained">By UID: outdated, and nothing is lost with it any more.</param>
    /// <param name="isRefused">By UID: its node did not take it, a moment ago.</param>
    public static IReadOnlyList<InstanceAction> Of(
        IReadOnlySet<Slot> needed, IReadOnlyDictionary<string, Firewall> firewalls, IReadOnlyCollection<V1Pod> instances,
        Func<string, bool> isHealthy, Func<string, bool> isDead, Func<string, bool> isIdle,
        Func<string, bool> isDrained, Func<string, bool> isRefused, OrchestratorOptions options)
    {
        var actions = new List<InstanceAction>();
        var bySlot = instances.ToLookup(pod => new Slot(FirewallPods.FirewallOf(pod)!, pod.Spec.NodeName));
        foreach (var slot in needed.Where(slot => firewalls.ContainsKey(slot.Firewall)).OrderBy(slot => slot.ToString(), StringComparer.Ordinal))
            if (!bySlot[slot].Any(pod => isRefused(pod.Metadata.Uid)))
                Fill(actions, slot, firewalls[slot.Firewall], [.. bySlot[slot]], isHealthy, isDead, isDrained, options);
        foreach (var pod in bySlot.Where(slot => !needed.Contains(slot.Key)).SelectMany(slot => slot).Where(IsWorking))
        {
            if (!firewalls.ContainsKey(FirewallPods.FirewallOf(pod)!)) actions.Add(new InstanceAction.Delete(pod, "its Firewall is gone", AtOnce: false));
            else if (isIdle(pod.Metadata.Uid)) actions.Add(new InstanceAction.Delete(pod, "no pod on its node needs it", AtOnce: false));
        }
        return actions;
    }

    private static void Fill(
        List<InstanceAction> actions, Slot slot, Firewall firewall, IReadOnlyList<V1Pod> pods,
        Func<string, bool> isHealthy, Func<string, bool> isDead, Func<string, bool> isDrained, OrchestratorOptions options)
    {
        foreach (var pod in pods.Where(pod => IsFinished(pod) && pod.Metadata.DeletionTimestamp is null))
            actions.Add(new InstanceAction.Delete(pod, $"it has {pod.Status?.Phase ?? "failed"}", AtOnce: true));
        var revision = FirewallPod.RevisionOf(firewall, options);
        var working = pods.Where(IsWorking).OrderBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal).ToList();
        var dead = working.Where(pod => isDead(pod.Metadata.Uid)).ToList();
        foreach (var pod in dead) actions.Add(new InstanceAction.Delete(pod, "it passes no frames", AtOnce: true));
        var current = working.Except(dead).Where(pod => FirewallPod.RevisionOf(pod) == revision).ToList();
        var outdated = working.Except(dead).Where(pod => FirewallPod.RevisionOf(pod) != revision).ToList();
        if (firewall.Status?.RefusedRevision == revision && outdated.Exists(pod => isHealthy(pod.Metadata.Uid)))
        {
            foreach (var pod in current) actions.Add(new InstanceAction.Delete(pod, "its revision does not work; the former one stays", AtOnce: true));
            return;
        }
        if (current.Count == 0)
        {
            var attempt = 0;
            while (pods.Any(pod => pod.Metadata.Name == FirewallPod.NameOf(firewall, slot.Node, revision, attempt))) attempt++;
            var reason = outdated.Count > 0 ? "its Firewall changed" : pods.Count > 0 ? "the former one is beyond help" : "pods on its node need it";
            actions.Add(new InstanceAction.Create(firewall, slot.Node, FirewallPod.NameOf(firewall, slot.Node, revision, attempt), reason));
        }
        foreach (var pod in current.Skip(1)) actions.Add(new InstanceAction.Delete(pod, "another one has its place", AtOnce: false));
        // The old one goes when the new one has taken over and the flows of the old one have ended, not before.
        if (current.Count > 0 && isHealthy(current[0].Metadata.Uid))
            foreach (var pod in outdated.Where(pod => isDrained(pod.Metadata.Uid))) actions.Add(new InstanceAction.Delete(pod, $"{current[0].Metadata.Name} has taken over", AtOnce: false));
    }

    private static bool IsFinished(V1Pod pod) => pod.Status?.Phase is "Failed" or "Succeeded";

    private static bool IsWorking(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && !IsFinished(pod);
}
