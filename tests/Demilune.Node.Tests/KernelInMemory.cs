using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;
using Demilune.Node.Names;

namespace Demilune.Node.Tests;

/// <summary>A kernel that remembers what it was asked: the agent's own logic is tested on it, packets are not.</summary>
internal sealed class KernelInMemory : IDatapath
{
    public Dictionary<string, InterfacePlan> Interfaces { get; } = [];

    public Dictionary<string, string> Attached { get; } = [];

    public List<NodeState> Applied { get; } = [];

    public List<string> Hurrying { get; private set; } = [];

    public Dictionary<string, string> PortErrors { get; } = [];

    public List<FirewallReading> Firewalls { get; } = [];

    public string? FailOnInterface { get; set; }

    public void CreateInterface(InterfacePlan plan)
    {
        if (plan.Name == FailOnInterface) throw new IOException($"create {plan.Name}: no such namespace");
        Interfaces[plan.HostName] = plan;
    }

    public void Attach(string portId, Port.Types.Kind kind, string hostInterface) => Attached[portId] = hostInterface;

    public void Remove(string portId, string hostInterface, bool switched = false)
    {
        Interfaces.Remove(hostInterface);
        Attached.Remove(portId);
    }

    public List<string> Held { get; } = [];

    public IDisposable? Hold(string netns)
    {
        Held.Add(netns);
        return new Release(() => Held.Remove(netns));
    }

    private sealed class Release(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    public string? Check(InterfacePlan plan) => Interfaces.ContainsKey(plan.HostName) ? null : $"interface {plan.HostName} is gone";

    public bool Exists(string hostInterface) => Interfaces.ContainsKey(hostInterface);

    public ApplyOutcome Apply(NodeState state, IReadOnlySet<string>? hurrying = null)
    {
        Applied.Add(state);
        Hurrying = [.. hurrying ?? ImmutableHashSet<string>.Empty];
        return new(new Dictionary<string, string>(PortErrors), []);
    }

    public void Settle()
    {
    }

    public Dictionary<string, (Bandwidth? Ingress, Bandwidth? Egress)> Limits { get; } = [];

    public void Limit(InterfacePlan plan, Bandwidth? ingress, Bandwidth? egress) => Limits[plan.PortId] = (ingress, egress);

    public string? OpenListener() => null;

    public void Listen(TimeSpan duration)
    {
    }

    public int Learn(int interfaceIndex, NameAnswer answer) => 0;

    public void ForgetExpired()
    {
    }

    public TrafficCounters ReadTraffic() => new();

    public IReadOnlyList<FirewallReading> ReadFirewalls() => [.. Firewalls];

    public FlowEvents DrainEvents(int max) => new();

    public void Dispose()
    {
    }
}
