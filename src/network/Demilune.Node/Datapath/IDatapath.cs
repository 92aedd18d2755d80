using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Node.Interfaces;
using Demilune.Node.Names;

namespace Demilune.Node.Datapath;

/// <summary>
/// The kernel as the agent sees it: interfaces of pods, and the state that judges their packets. The real one is the
/// splice; tests of the agent have their own. Not thread-safe: <see cref="Agent"/> is its single owner.
/// </summary>
internal interface IDatapath : IDisposable
{
    /// <summary>Creates (or finds, if it is already right) the pod's end and the host's end of a port.</summary>
    /// <exception cref="IOException">The kernel said no; the message names the interface and the step.</exception>
    void CreateInterface(InterfacePlan plan);

    /// <summary>Puts the splice on the host's end. Until <see cref="Apply"/> knows the port, nothing passes.</summary>
    void Attach(string portId, Port.Types.Kind kind, string hostInterface);

    /// <summary>Forgets the port and deletes its host end. Does nothing if it is gone.</summary>
    /// <param name="switched">It is plugged into another switch.</param>
    void Remove(string portId, string hostInterface, bool switched = false);

    /// <summary>Keeps a network namespace, and the interfaces in it, until the result is disposed of. Null: it is gone already.</summary>
    IDisposable? Hold(string netns);

    /// <returns>Null if all is as it was created; else what is wrong.</returns>
    string? Check(InterfacePlan plan);

    /// <summary>True if the host's end still exists.</summary>
    bool Exists(string hostInterface);

    /// <summary>Makes the kernel judge by <paramref name="state"/>; returns when it does.</summary>
    /// <param name="hurrying">Pod UIDs of the firewalls that can keep a short deadline now. Null: none can.</param>
    ApplyOutcome Apply(NodeState state, IReadOnlySet<string>? hurrying = null);

    /// <summary>Removes what only packets needed that were on their way when the last state was applied. Else the next <see cref="Apply"/> does.</summary>
    void Settle();

    /// <summary>Limits what goes to the pod, and what it sends; null: no limit.</summary>
    /// <exception cref="IOException">The kernel said no: what is not limited passes freely.</exception>
    void Limit(InterfacePlan plan, Bandwidth? ingress, Bandwidth? egress);

    /// <summary>Makes the place where answers of name servers wait to be learnt from, and come back from.</summary>
    /// <returns>The interface to read and write there; null: this datapath has none.</returns>
    string? OpenListener();

    /// <summary>Somebody listens there for so long from now; zero: nobody does any more. From any thread.</summary>
    void Listen(TimeSpan duration);

    /// <summary>Allows a pod what its rules say of the answer's name; returns when the kernel does.</summary>
    /// <returns>How many addresses of the answer stay closed although its rules speak of the name.</returns>
    /// <exception cref="IOException">A table is full.</exception>
    int Learn(int interfaceIndex, NameAnswer answer);

    /// <summary>Forgets what has expired and is not in use.</summary>
    void ForgetExpired();

    /// <summary>Counters since the maps were created.</summary>
    TrafficCounters ReadTraffic();

    /// <summary>Each port pair of this node: when its last heartbeat came, and its counters.</summary>
    IReadOnlyList<FirewallReading> ReadFirewalls();

    /// <summary>Takes flow events that have not been taken, at most <paramref name="max"/>.</summary>
    FlowEvents DrainEvents(int max);
}

/// <summary>What a port's interface must look like.</summary>
/// <param name="PortId">Neutron port.</param>
/// <param name="Kind">Pod, or one of a firewall's two.</param>
/// <param name="Netns">Path of the pod's network namespace.</param>
/// <param name="Name">In the pod.</param>
/// <param name="HostName">On the host.</param>
/// <param name="Mac">Of the pod's end.</param>
/// <param name="Addresses">Without prefix length; none on a firewall's two.</param>
/// <param name="Mtu">In bytes.</param>
/// <param name="Switch">Null: the node carries it, with the splice on it. Else it is only plugged in.</param>
internal sealed record InterfacePlan(
    string PortId, Port.Types.Kind Kind, string Netns, string Name, string HostName, string Mac, IReadOnlyList<string> Addresses, int Mtu,
    SwitchPort? Switch = null)
{
    /// <summary>The host's stack has no part in its network, and no route to it.</summary>
    public bool IsApart { get; init; }
}

/// <summary>What came of applying a state.</summary>
/// <param name="PortErrors">Port id → why it is not as it should be. Such a port lets nothing through.</param>
/// <param name="Combinations">Policies that judge flows together, and the tags that the datapath gave them.</param>
internal sealed record ApplyOutcome(IReadOnlyDictionary<string, string> PortErrors, IReadOnlyList<PolicyCombination> Combinations)
{
    public static readonly ApplyOutcome Clean = new(new Dictionary<string, string>(), []);

    /// <summary>There were more than tags for them: flows of those that got none are closed.</summary>
    public bool HasTooManyCombinations { get; init; }

    /// <summary>Why pods on other nodes cannot be reached; null: they can, or nothing needs a tunnel.</summary>
    public string? TunnelError { get; init; }

    /// <summary>Router id → why its gateway on this node is not as it should be.</summary>
    public IReadOnlyDictionary<string, string> GatewayErrors { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>One port pair, as the kernel counts it.</summary>
/// <param name="PortPairId">Neutron port pair.</param>
/// <param name="HeartbeatAge">Since the last heartbeat; null: none yet.</param>
/// <param name="Deadline">From which age on the kernel treats it as dead.</param>
internal sealed record FirewallReading(
    string PortPairId, TimeSpan? HeartbeatAge, TimeSpan Deadline, ulong FramesToIn, ulong FramesFromOut, ulong FramesToOut, ulong FramesFromIn,
    ulong DroppedClosed, ulong PassedOpen, ulong FlowsSpliced)
{
    public bool Alive => HeartbeatAge is { } age && age <= Deadline;
}
