namespace Demilune.Console.Reading;

/// <summary>The cluster at one moment.</summary>
/// <param name="Missing">What the controller still waits for, in words; empty: nothing.</param>
public sealed record ClusterView(
    DateTimeOffset At, string Name, string Version, IReadOnlyList<string> Missing, IReadOnlyList<PodView> Pods,
    IReadOnlyList<PolicyView> Policies, IReadOnlyList<SecurityPolicyView> SecurityPolicies, IReadOnlyList<FirewallView> Firewalls,
    IReadOnlyList<NodeView> Nodes, IReadOnlyList<ManagerView> Managers)
{
    public static readonly ClusterView Empty = new(DateTimeOffset.MinValue, "", "", [], [], [], [], [], [], []);
}

/// <param name="Protection">Pending, None, Inspected, Blocked or Uninspected: what was observed.</param>
/// <param name="Reason">Why, where that is not plain; else empty.</param>
/// <param name="SecurityPolicies">Those that judge its traffic.</param>
public sealed record PodView(
    string Namespace, string Name, string Node, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, string> Labels,
    string Protection, string Reason, bool Active, IReadOnlyList<string> SecurityPolicies);

/// <summary>A policy that selects pods, of any kind.</summary>
/// <param name="Namespace">Empty: of the cluster.</param>
/// <param name="SecurityPolicies">Those that it or its rules name.</param>
/// <param name="Pods">"namespace/name" of the pods it selects now.</param>
/// <param name="Problems">What of it makes no sense and therefore allows nothing.</param>
public sealed record PolicyView(
    string Kind, string Namespace, string Name, IReadOnlyList<string> SecurityPolicies, IReadOnlyList<string> Pods, IReadOnlyList<string> Problems);

/// <param name="Instances">How many firewalls have to load it.</param>
/// <param name="Loaded">How many have.</param>
public sealed record SecurityPolicyView(
    string Name, string Mode, string OnFailure, string Firewall, int? Tag, int Pods, int Instances, int Loaded, int Rules,
    IReadOnlyList<string> RuleErrors, IReadOnlyList<ConditionView> Conditions);

public sealed record ConditionView(string Type, string Status, string Reason, string Message);

public sealed record FirewallView(
    string Name, string Engine, string Image, string OnFailure, int Instances, int Healthy, int ProtectedPods, long SplicedFlows,
    IReadOnlyList<ConditionView> Conditions);

/// <param name="Attached">Its agent is connected.</param>
/// <param name="ObservedAt">When it said something last; null: never.</param>
/// <param name="Applied">The revision of the network's state that is in its kernel.</param>
public sealed record NodeView(
    string Name, bool Attached, DateTimeOffset? ObservedAt, ulong Applied, int Ports, int ActivePorts, ulong FlowsDirect, ulong FlowsSpliced,
    ulong FlowsDenied, IReadOnlyList<InstanceView> Instances);

/// <summary>A firewall as its node sees it.</summary>
/// <param name="Alive">Its packet thread passes frames within the deadline.</param>
/// <param name="DroppedClosed">Packets dropped because it could not judge them.</param>
/// <param name="PassedOpen">Packets passed uninspected because it could not judge them.</param>
/// <param name="Missed">Frames lost because it was given more than it takes.</param>
/// <param name="Deadline">After how many milliseconds of silence it counts as dead; 0: not known.</param>
public sealed record InstanceView(
    string Pod, string EngineVersion, bool Connected, bool Alive, string Reason, IReadOnlyList<string> Policies, ulong FlowsSpliced,
    ulong FramesIn, ulong FramesOut, ulong DroppedClosed, ulong PassedOpen, ulong Missed = 0, bool RealTime = false, uint Deadline = 0);

/// <summary>A system outside of the cluster that owns policies.</summary>
/// <param name="Policies">Those that it has, by its own names.</param>
/// <param name="UsedBy">SecurityPolicies that take their rules from it.</param>
public sealed record ManagerView(
    string Name, string Url, IReadOnlyList<string> Policies, IReadOnlyList<ManagedPolicyView> UsedBy, IReadOnlyList<ConditionView> Conditions);

/// <param name="Policy">Of the manager.</param>
/// <param name="SecurityPolicy">Of the cluster.</param>
public sealed record ManagedPolicyView(string Policy, string SecurityPolicy);
