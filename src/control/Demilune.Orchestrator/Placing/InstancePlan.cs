using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>What is to be done about instances.</summary>
internal abstract record InstanceAction(string Reason)
{
    public sealed record Create(Firewall Firewall, string Node, string Name, string Reason) : InstanceAction(Reason);

    /// <param name="AtOnce">Nothing is lost by not waiting for its last words.</param>
    public sealed record Delete(V1Pod Pod, string Reason, bool AtOnce) : InstanceAction(Reason);
}

/// <summary>What is known of an instance beyond its pod, by the pod's UID.</summary>
internal interface IInstanceHealth
{
    /// <summary>It passes frames.</summary>
    bool IsHealthy(string uid);

    /// <summary>It should and does not, for longer than one waits.</summary>
    bool IsDead(string uid);

    /// <summary>Nobody has needed it for longer than one waits.</summary>
    bool IsIdle(string uid);

    /// <summary>It gets no new flows, and nothing is lost with it any more.</summary>
    bool IsDrained(string uid);

    /// <summary>Its node did not take it, a moment ago.</summary>
    bool IsRefused(string uid);
}

/// <summary>(slots, pods, health) → what to do. Pure.</summary>
internal static class InstancePlan
{
    /// <param name="needed">Slots that protect somebody.</param>
    /// <param name="instances">Every pod that is an instance of some Firewall.</param>
    public static IReadOnlyList<InstanceAction> Of(
        IReadOnlySet<Slot> needed, IReadOnlyDictionary<string, Firewall> firewalls, IReadOnlyCollection<V1Pod> instances,
        IInstanceHealth health, OrchestratorOptions options)
    {
        var actions = new List<InstanceAction>();
        var bySlot = instances.ToLookup(pod => new Slot(FirewallPods.FirewallOf(pod)!, pod.Spec.NodeName));
        foreach (var group in needed.Where(slot => firewalls.ContainsKey(slot.Firewall)).GroupBy(slot => slot.Firewall).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var firewall = firewalls[group.Key];
            var states = group.OrderBy(slot => slot.Node, StringComparer.Ordinal)
                .Select(slot => SlotState.Of(slot, firewall, bySlot[slot], health, options)).ToList();
            var room = Upgrade.RoomFor(firewall, states);
            foreach (var state in states.Where(state => !state.All.Any(pod => health.IsRefused(pod.Metadata.Uid))))
            {
                // Where no former instance works there is nothing to be careful with.
                var mayCreate = !state.FormerWorks || state.IsSettled || state.IsProving || room-- > 0;
                Fill(actions, state, mayCreate, health);
            }
        }
        foreach (var pod in bySlot.Where(slot => !needed.Contains(slot.Key)).SelectMany(slot => slot).Where(SlotState.IsWorking))
        {
            if (!firewalls.ContainsKey(FirewallPods.FirewallOf(pod)!)) actions.Add(new InstanceAction.Delete(pod, "its Firewall is gone", AtOnce: false));
            else if (health.IsIdle(pod.Metadata.Uid)) actions.Add(new InstanceAction.Delete(pod, "no pod on its node needs it", AtOnce: false));
        }
        return actions;
    }

    private static void Fill(List<InstanceAction> actions, SlotState state, bool mayCreate, IInstanceHealth health)
    {
        // What goes cannot be replaced: even one that seems dead may come back by its container's own restart.
        if (!state.IsConfigured) return;
        foreach (var pod in state.All.Where(pod => SlotState.IsFinished(pod) && pod.Metadata.DeletionTimestamp is null))
            actions.Add(new InstanceAction.Delete(pod, $"it has {pod.Status?.Phase ?? "failed"}", AtOnce: true));
        foreach (var pod in state.Dead) actions.Add(new InstanceAction.Delete(pod, "it passes no frames", AtOnce: true));
        if (state.IsTakenBack)
        {
            foreach (var pod in state.Current.Concat(state.Surplus)) actions.Add(new InstanceAction.Delete(pod, "its revision does not work; the former one stays", AtOnce: true));
            return;
        }
        if (mayCreate)
            foreach (var name in Names(state).Take(state.Wanted - state.Current.Length)) actions.Add(new InstanceAction.Create(state.Firewall, state.Slot.Node, name, WhyAnother(state)));
        // The old ones go when the new ones have taken over and the flows of the old have ended, not before.
        if (state.IsSettled)
            foreach (var pod in state.Retiring.Where(pod => health.IsDrained(pod.Metadata.Uid)))
                actions.Add(new InstanceAction.Delete(pod, state.Surplus.Contains(pod) ? "others have its place" : $"{state.Current[0].Metadata.Name} has taken over", AtOnce: false));
    }

    private static string WhyAnother(SlotState state) =>
        !state.Outdated.IsEmpty ? "its Firewall changed"
        : !state.Current.IsEmpty ? "its Firewall asks for more"
        : !state.All.IsEmpty ? "the former one is beyond help" : "pods on its node need it";

    /// <summary>Those that no pod has: two that fill a slot at the same time want the same ones, and only one gets them.</summary>
    private static IEnumerable<string> Names(SlotState state)
    {
        for (var attempt = 0; ; attempt++)
        {
            var name = FirewallPod.NameOf(state.Firewall, state.Slot.Node, state.Revision, attempt);
            if (!state.All.Any(pod => pod.Metadata.Name == name)) yield return name;
        }
    }
}
