using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Gateways;
using Demilune.Node.Interfaces;
using Demilune.Node.Names;
using Demilune.Node.Splice;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Datapath;

/// <summary>The real datapath: veth pairs, and on them the splice, or another switch.</summary>
internal sealed class SpliceDatapath : IDatapath
{
    private readonly KernelSplice _splice;
    private readonly Dictionary<string, string> _hostInterfaces = [];
    private readonly HashSet<string> _plain = [];

    private readonly string _listener, _tunnels;
    private readonly OpenVSwitch _switch;
    private readonly HostedGateways _gateways;

    private SpliceDatapath(KernelSplice splice, string listener, string tunnels, OpenVSwitch vswitch, HostedGateways gateways) =>
        (_splice, _listener, _tunnels, _switch, _gateways) = (splice, listener, tunnels, vswitch, gateways);

    public static IDatapath Open(AgentOptions options, LearntNames names) =>
        Open(options.BpfDirectory, null, names, options.OvsDatabase, new(options.GatewayInterface, options.GatewayDirectory));

    /// <inheritdoc cref="KernelSplice.Open"/>
    public static IDatapath Open(
        string bpfDirectory, IReadOnlyDictionary<string, uint>? entries = null, LearntNames? names = null, string ovsDatabase = AgentOptions.UsualOvsDatabase,
        HostedGateways? gateways = null) =>
        new SpliceDatapath(
            KernelSplice.Open(bpfDirectory, entries, names), ListenerInterface.NameFor(bpfDirectory), OverlayInterface.NameFor(bpfDirectory), new(ovsDatabase), gateways ?? HostedGateways.None);

    public static bool DeleteHostInterface(string name) => PodInterface.Delete(name);

    public static void Uninstall(string bpfDirectory)
    {
        ListenerInterface.Delete(ListenerInterface.NameFor(bpfDirectory));
        OverlayInterface.Delete(OverlayInterface.NameFor(bpfDirectory));
        KernelSplice.Uninstall(bpfDirectory);
    }

    public void CreateInterface(InterfacePlan plan) => AsIo(() =>
    {
        if (plan.Switch is not { } port)
        {
            PodInterface.Create(plan);
            return;
        }
        SwitchedInterface.Create(plan, port);
        _switch.Plug(plan.HostName, port.Bridge, plan.PortId, plan.Mac);
    });

    public void Attach(string portId, Port.Types.Kind kind, string hostInterface) => AsIo(() =>
    {
        _splice.Attach(portId, kind, PodInterface.IndexOf(hostInterface) ?? throw new IOException($"attach {portId}: {hostInterface} does not exist"));
        _hostInterfaces[portId] = hostInterface;
        _plain.Remove(portId);
    });

    public void Remove(string portId, string hostInterface, bool switched = false)
    {
        if (switched)
        {
            _switch.Unplug(hostInterface);
            PodInterface.Delete(hostInterface);
            return;
        }
        PodInterface.Delete(hostInterface);     // first: an interface without its programs would be open
        Forget(portId);
    }

    public IDisposable? Hold(string netns) => File.Exists(netns) ? NetworkNamespace.Open(netns) : null;

    public string? Check(InterfacePlan plan) => PodInterface.Check(plan);

    public bool Exists(string hostInterface) => PodInterface.IndexOf(hostInterface) is not null;

    public ApplyOutcome Apply(NodeState state, IReadOnlySet<string>? hurrying = null)
    {
        AsIo(() => PreparePlainFrames(state));
        var wrong = PrepareTunnels(state.Overlay);
        var wrongGateways = _gateways.Make(state, (port, name) => Attach(port, Port.Types.Kind.Pod, name), Forget);
        var outcome = _splice.Apply(state, hurrying);
        return outcome with { TunnelError = wrong ?? OpenTunnels(state), GatewayErrors = wrongGateways };
    }

    public void Settle() => AsIo(_splice.Settle);

    public void Limit(InterfacePlan plan, Bandwidth? ingress, Bandwidth? egress) => AsIo(() => PodQueues.Set(plan, ingress, egress));

    public string? OpenListener()
    {
        AsIo(() => _splice.AttachListener(ListenerInterface.Create(_listener)));
        return ListenerInterface.AgentEnd(_listener);
    }

    public void Listen(TimeSpan duration) => AsIo(() => _splice.Listen(duration));

    public int Learn(int interfaceIndex, NameAnswer answer)
    {
        var closed = 0;
        AsIo(() => closed = _splice.Learn(interfaceIndex, answer));
        return closed;
    }

    public void ForgetExpired() => AsIo(_splice.ForgetExpired);

    public TrafficCounters ReadTraffic()
    {
        ulong denied = 0, malformed = 0;
        for (var reason = Counter.DropHeader; reason <= Counter.DropHops; reason++)
            if (IsMalformed(reason)) malformed += _splice.ReadCounter(reason);
            else denied += _splice.ReadCounter(reason);
        return new()
        {
            FlowsDirect = _splice.ReadCounter(Counter.FlowsDirect), FlowsSpliced = _splice.ReadCounter(Counter.FlowsSpliced),
            FlowsDenied = _splice.ReadCounter(Counter.FlowsDenied), PacketsDirect = _splice.ReadCounter(Counter.PacketsDirect),
            PacketsSpliced = _splice.ReadCounter(Counter.PacketsSpliced), PacketsDenied = denied,
            PacketsBypassed = _splice.ReadCounter(Counter.PacketsBypassed), PacketsMalformed = malformed,
        };
    }

    public IReadOnlyList<FirewallReading> ReadFirewalls()
    {
        var now = Clock.Now;
        return [.. _splice.ReadPairs().Select(pair => new FirewallReading(
            pair.PairId, Age(pair.Pair, now), TimeSpan.FromTicks((long)(pair.Pair.Deadline / 100)), pair.Counters.ToIn, pair.Counters.FromOut,
            pair.Counters.ToOut, pair.Counters.FromIn, pair.Counters.DroppedClosed, pair.Counters.PassedOpen, pair.Counters.Flows))];
    }

    public FlowEvents DrainEvents(int max) => _splice.DrainEvents(max);

    public void Dispose() => _splice.Dispose();

    /// <inheritdoc cref="KernelSplice.ReadCounter"/>
    public ulong Read(Counter counter) => _splice.ReadCounter(counter);

    private void Forget(string portId)
    {
        _splice.Detach(portId);
        _hostInterfaces.Remove(portId);
        _plain.Remove(portId);
    }

    /// <summary>Before the splice sends such a firewall its first frame.</summary>
    private void PreparePlainFrames(NodeState state)
    {
        var pairs = state.Firewalls.Where(SpliceCompiler.WantsPlainFrames).Select(firewall => firewall.PortPairId).ToHashSet();
        if (pairs.Count == 0) return;
        foreach (var port in state.Chains.SelectMany(chain => chain.PortPairs).Where(pair => pairs.Contains(pair.Id)).SelectMany(pair => (string[])[pair.Ingress, pair.Egress]))
            if (_hostInterfaces.TryGetValue(port, out var name) && _plain.Add(port)) Offloads.DisableTransmit(name);
    }

    /// <summary>Before the state is applied: the interface has to be there, with its programs on it, and nothing passes yet.</summary>
    /// <returns>Why there are no tunnels; null: there are, or there need not be.</returns>
    private string? PrepareTunnels(Overlay? overlay)
    {
        try
        {
            AsIo(() =>
            {
                if (overlay is null)
                {
                    CloseTunnels();
                    return;
                }
                OverlayInterface.Refuse(_tunnels, overlay);
                _splice.AttachOverlay(OverlayInterface.Create(_tunnels, overlay));
            });
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private string? OpenTunnels(NodeState state)
    {
        if (state.Overlay is null) return null;
        try
        {
            AsIo(() => OverlayInterface.Open(_tunnels, state.Overlay, state.RemoteNodes.SelectMany(node => node.Addresses)));
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private void CloseTunnels()
    {
        OverlayInterface.Delete(_tunnels);
        _splice.DetachOverlay();
    }

    private static bool IsMalformed(Counter reason) =>
        reason is Counter.DropHeader or Counter.DropEthertype or Counter.DropIpv4Options or Counter.DropIpv6Extensions or Counter.DropFragment;

    // The older of the two interfaces counts: one dead direction is a dead firewall.
    private static TimeSpan? Age(PairRow pair, ulong now)
    {
        var oldest = Math.Min(pair.LastIn, pair.LastOut);
        return oldest == 0 ? null : TimeSpan.FromTicks((long)((now > oldest ? now - oldest : 0) / 100));
    }

    private static void AsIo(Action action)
    {
        try
        {
            action();
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new IOException(error.Message, error);
        }
    }
}
