using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;
using Demilune.Node.Gateways;
using Demilune.Node.Names;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>A node in network namespaces of its own: a host, pods, firewalls, and the real datapath between them.</summary>
internal sealed class Lab : IDisposable
{
    private readonly string _name = $"splicelab{Random.Shared.Next():x8}";
    private readonly string _directory;
    private readonly List<LabPod> _pods = [];
    private readonly string _bpf;
    private NameJournal? _journal;
    private int _next;

    public Lab()
    {
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces and eBPF need root");
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(6, 6), "tcx links on veth need Linux 6.6");
        _directory = Path.Combine(Path.GetTempPath(), _name);
        _bpf = "/sys/fs/bpf/" + _name;
        Host = NetworkNamespace.Create(Path.Combine(_directory, "host"));
        Host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.SetLink(netlink.FindLink("lo")!.Index, up: true);
            Sysctl.Write("net/ipv4/ip_forward", "1");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
        });
        Datapath = Reopen();
    }

    /// <summary>The host's interface to the outside, for routers' gateways.</summary>
    public const string External = "uplink";

    /// <summary>For files that go with the lab.</summary>
    public string Directory => _directory;
    public NetworkNamespace Host { get; }
    public IDatapath Datapath { get; private set; }
    public NodeState State { get; } = new();

    /// <summary>Of pods to come.</summary>
    public uint Mtu { get; set; } = 1500;

    /// <inheritdoc cref="Mtu"/>
    public uint Network { get; set; } = 1;

    /// <summary>By which pods to come leave their network.</summary>
    public Router? Router { get; set; }

    /// <summary>Of networks of pods to come: the same addresses are also another's.</summary>
    public bool Apart { get; set; }

    private static Dictionary<string, uint> SmallTables => new()
    {
        ["flows"] = 4096, ["opening"] = 1024, ["spliced"] = 4096, ["addresses"] = 4096, ["prefixes"] = 1024, ["rules"] = 4096, ["classes"] = 1024, ["fragments"] = 256,
    };

    /// <summary>As another process would after this one was killed.</summary>
    public IDatapath Reopen()
    {
        var next = Host.Run(() => SpliceDatapath.Open(
            _bpf, SmallTables, new LearntNames(_journal = new NameJournal(Path.Combine(_directory, "names")), leastHold: TimeSpan.FromSeconds(3)),
            gateways: new(External, Path.Combine(_directory, "gateways"))));
        Datapath?.Dispose();
        Datapath = next;
        foreach (var pod in _pods)
            foreach (var plan in pod.Plans) Attach(plan);
        return next;
    }

    public LabPod AddPod(params string[] addresses)
    {
        var index = ++_next;
        var port = new Port
        {
            Id = $"{index:x8}-0000-4000-8000-{Random.Shared.Next():x12}", Kind = Port.Types.Kind.Pod, Network = Network, Mac = $"02:00:00:00:00:{index:x2}",
            PortSecurity = true, AdminStateUp = true, Mtu = Mtu, RouterIpv4 = Router?.Number ?? 0, RouterIpv6 = Router?.Number ?? 0, Apart = Apart,
        };
        port.Addresses.AddRange(addresses);
        return Add(new(NetworkNamespace.Create(Path.Combine(_directory, $"pod{index}"))), [(port, "eth0")]);
    }

    /// <summary>The two interfaces of a firewall, in a namespace of their own.</summary>
    public LabPod AddFirewallPod()
    {
        var index = ++_next;
        Port End(Port.Types.Kind kind, int end) => new()
        {
            Id = $"{index:x8}-{end:x4}-4000-8000-{Random.Shared.Next():x12}", Kind = kind, Network = 1, Mac = $"02:00:00:00:{end:x2}:{index:x2}", AdminStateUp = true, Mtu = 1500,
        };
        return Add(new(NetworkNamespace.Create(Path.Combine(_directory, $"pod{index}"))),
            [(End(Port.Types.Kind.FirewallIn, 1), "in"), (End(Port.Types.Kind.FirewallOut, 2), "out")]);
    }

    public void Remove(LabPod pod)
    {
        foreach (var plan in pod.Plans)
        {
            Host.Run(() => Datapath.Remove(plan.PortId, plan.HostName));
            State.Ports.Remove(State.Ports.First(port => port.Id == plan.PortId));
        }
        _pods.Remove(pod);
        NetworkNamespace.Delete(pod.Netns.Path);
        pod.Netns.Dispose();
    }

    public void Apply()
    {
        State.Revision++;
        var outcome = Host.Run(() => Datapath.Apply(State.Clone()));
        Assert.Empty(outcome.PortErrors);
        Assert.Null(outcome.TunnelError);
        Assert.Empty(outcome.GatewayErrors);
    }

    /// <summary>Puts the port's limits of bandwidth in force.</summary>
    public void Limit(LabPod pod) => Host.Run(() => Datapath.Limit(pod.Plans[0], pod.Port.IngressLimit, pod.Port.EgressLimit));

    /// <summary>A security group with these rules, on this pod, beside those it has.</summary>
    public SecurityGroup Group(LabPod pod, params SecurityGroupRule[] rules)
    {
        var group = new SecurityGroup { Id = $"group{++_next}" };
        group.Rules.AddRange(rules);
        State.SecurityGroups.Add(group);
        pod.Port.SecurityGroupIds.Add(group.Id);
        return group;
    }

    /// <summary>May open anything.</summary>
    public LabPod Free(LabPod pod)
    {
        Group(pod, Out(4), Out(6));
        return pod;
    }

    public static SecurityGroupRule Out(uint family, uint protocol = 0, uint min = 0, uint max = 0, string prefix = "", string set = "") =>
        In(family, protocol, min, max, prefix, set, SecurityGroupRule.Types.Direction.Egress);

    public static SecurityGroupRule In(uint family, uint protocol = 0, uint min = 0, uint max = 0, string prefix = "", string set = "",
        SecurityGroupRule.Types.Direction direction = SecurityGroupRule.Types.Direction.Ingress) => new()
        {
            Id = "rule", Direction = direction, Ethertype = family, Protocol = protocol, PortMin = min, PortMax = max, RemotePrefix = prefix, RemoteAddressSet = set,
        };

    public void Dispose()
    {
        foreach (var pod in _pods.ToArray()) Remove(pod);
        Datapath.Dispose();
        Host.Run(() => HostedGateways.Uninstall(Path.Combine(_directory, "gateways")));
        SpliceDatapath.Uninstall(_bpf);
        NetworkNamespace.Delete(Host.Path);
        Host.Dispose();
        _journal?.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private LabPod Add(LabPod pod, (Port Port, string Name)[] ports)
    {
        foreach (var (port, name) in ports)
        {
            State.Ports.Add(port);
            pod.Ports.Add(port);
            pod.Plans.Add(new(port.Id, port.Kind, pod.Netns.Path, name, "dl" + port.Id.Replace("-", "", StringComparison.Ordinal)[..8] + port.Kind.ToString()[^1..],
                port.Mac, [.. port.Addresses], (int)port.Mtu)
            {
                IsApart = port.Apart,
            });
            Host.Run(() => Datapath.CreateInterface(pod.Plans[^1]));
            Attach(pod.Plans[^1]);
        }
        _pods.Add(pod);
        return pod;
    }

    private void Attach(InterfacePlan plan) => Host.Run(() => Datapath.Attach(plan.PortId, plan.Kind, plan.HostName));
}

/// <summary>A pod of the lab, or a firewall.</summary>
internal sealed record LabPod(NetworkNamespace Netns)
{
    public List<Port> Ports { get; } = [];
    public List<InterfacePlan> Plans { get; } = [];
    public Port Port => Ports[0];
    public IPAddress Address(int index = 0) => IPAddress.Parse(Port.Addresses[index]);
}
