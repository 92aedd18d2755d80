using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Resolving;

namespace Demilune.Orchestrator.Reporting;

/// <summary>What a SecurityPolicy's status has to say: observed, not wished. Pure.</summary>
internal static class PolicyReport
{
    private const int MaxRuleErrors = 20;

    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(10);

    /// <param name="tag">Null: there are no more.</param>
    public static SecurityPolicyStatus Of(ResolvedPolicy policy, int? tag, Situation situation)
    {
        var pods = situation.ProtectedBy(policy.Name).ToList();
        var shadowed = situation.ShadowedBy(policy.Name).ToList();
        var slots = pods.Concat(shadowed).Select(pod => new Slot(policy.Firewall, pod.Node)).Distinct().ToList();
        var instances = policy.Accepted ? slots.SelectMany(situation.InstancesOf).ToList() : [];
        var revision = policy.ToNodes()?.Revision ?? 0;
        var loads = instances.Select(instance => situation.Loaded(instance, policy.Name)).ToList();
        var current = loads.Count(load => load is { Ok: true } && load.Revision == revision);
        var errors = loads.OfType<Contracts.Nodes.LoadedPolicy>().SelectMany(load => load.Errors).Distinct().Take(MaxRuleErrors).ToList();
        var before = policy.Policy.Status;
        var generation = policy.Policy.Metadata.Generation;
        var (loaded, loadedReason, loadedMessage) = Loaded(policy, pods.Count + shadowed.Count, instances.Count, current, loads.Count(load => load is { Ok: false }), errors);
        var (enforced, enforcedReason, enforcedMessage) = Enforced(policy, tag, pods.Count, slots, situation);
        if (pods.Count == 0 && shadowed.Count > 0)
            (enforced, enforcedReason, enforcedMessage) = (false, "OnlyShadow", $"It blocks nothing: of the traffic of {shadowed.Count} pods it is told what it would have done.");
        return new SecurityPolicyStatus
        {
            Tag = tag,
            Pods = pods.Count,
            Instances = instances.Count,
            LoadedInstances = current,
            Rules = loads.OfType<Contracts.Nodes.LoadedPolicy>().Where(load => load.Ok).Select(load => (int?)load.Rules).Min() ?? 0,
            ShadowedPods = shadowed.Count,
            Counts = Count(before?.Counts, [.. loads.OfType<Contracts.Nodes.LoadedPolicy>()], situation.Now),
            RuleErrors = errors.Count == 0 ? null : errors,
            ObservedGeneration = generation,
            Conditions =
            [
                Conditions.Next(before?.Conditions, "Accepted", tag is not null && policy.Accepted,
                    tag is null ? "TagsExhausted" : policy.Reason ?? "Accepted",
                    tag is null ? $"All {PolicyTags.Last - PolicyTags.First + 1} tags are taken: delete a SecurityPolicy." : policy.Message, generation, situation.Now),
                Conditions.Next(before?.Conditions, "Loaded", loaded, loadedReason, loadedMessage, generation, situation.Now),
                Conditions.Next(before?.Conditions, "Enforced", enforced, enforcedReason, enforcedMessage, generation, situation.Now),
            ],
        };
    }

    /// <summary>The former numbers while they are young: a status that changes with every flow is no status.</summary>
    private static PolicyCounts? Count(PolicyCounts? before, List<Contracts.Nodes.LoadedPolicy> loads, DateTimeOffset now)
    {
        if (loads.Count == 0) return null;
        var next = new PolicyCounts
        {
            At = before?.At,
            Flows = Sum(load => load.Flows), Blocked = Sum(load => load.Blocked), WouldBlock = Sum(load => load.WouldBlock),
            ShadowFlows = Sum(load => load.ShadowFlows), ShadowWouldBlock = Sum(load => load.ShadowWouldBlock),
        };
        var isSame = before is not null && (before.Flows, before.Blocked, before.WouldBlock, before.ShadowFlows, before.ShadowWouldBlock)
            == (next.Flows, next.Blocked, next.WouldBlock, next.ShadowFlows, next.ShadowWouldBlock);
        if (isSame || (before?.At is { } at && now.UtcDateTime - at.ToUniversalTime() < CountInterval)) return before;
        next.At = new DateTime(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        return next;

        long Sum(Func<Contracts.Nodes.LoadedPolicy, ulong> count) => loads.Sum(load => (long)count(load));
    }

    private static (bool?, string, string) Loaded(ResolvedPolicy policy, int pods, int instances, int current, int refused, List<string> errors)
    {
        if (!policy.Accepted) return (false, "NotAccepted", "Nothing is loaded of a policy that was not accepted.");
        if (pods == 0) return (null, "NotUsed", "No policy that selects a pod names it.");
        if (instances == 0) return (false, "NoInstance", "No firewall runs yet that could load it.");
        if (refused > 0)
            return (false, "Refused", $"{refused} of {instances} instances refused it and keep what they had, if they had anything: {errors.FirstOrDefault() ?? "no reason given"}{(errors.Count > 1 ? $" (and {errors.Count - 1} more, see ruleErrors)" : "")}.");
        return current == instances
            ? (true, "Loaded", $"All {instances} instances have its current revision.")
            : (false, "Loading", $"{current} of {instances} instances have its current revision.");
    }

    private static (bool?, string, string) Enforced(ResolvedPolicy policy, int? tag, int pods, List<Slot> slots, Situation situation)
    {
        var fallback = policy.OnFailure switch
        {
            Contracts.Nodes.SecurityPolicy.Types.OnFailure.Open => "its traffic passes uninspected (onFailure: Open)",
            Contracts.Nodes.SecurityPolicy.Types.OnFailure.ClosedForNew => "its connections may finish uninspected and new ones are dropped (onFailure: ClosedForNew)",
            _ => "its traffic is dropped (onFailure: Closed)",
        };
        if (pods == 0) return (null, "NotUsed", "No policy that selects a pod names it.");
        if (!policy.Accepted || tag is null) return (false, "NotAccepted", $"On {pods} pods {fallback}.");
        var unknown = slots.Where(slot => !situation.Observed.Nodes.ContainsKey(slot.Node)).Select(slot => slot.Node).ToList();
        if (unknown.Count > 0) return (null, "NodeUnknown", $"Nothing is heard from {string.Join(", ", unknown.Order(StringComparer.Ordinal).Take(5))}.");
        var without = slots.Where(slot => !situation.InstancesOf(slot).Any(situation.IsHealthy)).Select(slot => slot.Node).ToList();
        if (without.Count > 0)
            return (false, "NoHealthyInstance", $"On {string.Join(", ", without.Order(StringComparer.Ordinal).Take(5))} no firewall passes frames: {fallback}.");
        if (slots.Any(slot => !situation.InstancesOf(slot).Where(situation.IsHealthy).All(instance => situation.Loaded(instance, policy.Name) is not null)))
            return (false, "NotLoaded", "A firewall passes frames but has not loaded it yet.");
        if (slots.SelectMany(situation.InstancesOf).Where(situation.IsHealthy).Any(instance => situation.Loaded(instance, policy.Name) is { NotInForce: true }))
            return (false, "Refused", $"A firewall refused it and has no former revision of it: {fallback}.");
        var inactive = situation.ProtectedBy(policy.Name).Count(pod => pod.PortId is null || situation.Observed.Port(pod.Node, pod.PortId) is not { Active: true });
        if (inactive > 0) return (false, "PodsPending", $"{inactive} of {pods} pods are not yet on the network.");
        return (true, "Enforced", policy.Mode == Contracts.Nodes.SecurityPolicy.Types.Mode.Detect
            ? $"The selected traffic of {pods} pods is judged; what is found is only reported (mode: Detect)."
            : $"The selected traffic of {pods} pods is judged.");
    }
}
