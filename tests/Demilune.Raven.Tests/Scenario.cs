using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Applying;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Tests;

/// <summary>A small shop, and one controller's life with it.</summary>
internal static class Scenario
{
    public static readonly RavenOptions Options = new();

    public static PodDescription Pod(string name, string app, string node = "n1") => new(name, app, node);

    public static ClusterFacts Shop(
        IEnumerable<PodDescription> pods, IEnumerable<NetworkPolicy>? policies = null, IEnumerable<Inspection>? inspections = null,
        params PlacedPod[] firewalls) =>
        new(
            new Cluster(
                ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty.Add("shop", Labels("team", "shop")),
                [.. pods.Select(pod => new Pod("uid-" + pod.Name, new Name("shop", pod.Name), Labels("app", pod.App), [new NamedPort("http", Protocol.Tcp, 80)]))],
                [.. policies ?? []]),
            [.. pods.Select(pod => new PlacedPod("uid-" + pod.Name, new Name("shop", pod.Name), pod.Node) { Bandwidth = pod.Bandwidth ?? Bandwidth.None }), .. firewalls],
            (inspections ?? []).ToImmutableDictionary(inspection => inspection.SecurityPolicy));

    public static PlacedPod Firewall(string name, string node = "n1") =>
        new("uid-" + name, new Name("demilune-system", name), node, "default");

    public static NetworkPolicy NetPolicy(string name, string app, string from, string? security = null, params int[] ports) => new(
        new Name("shop", name), Select("app", app), null,
        [PolicyRule.Of([new PolicyPeer.Pods(null, Select("app", from))], [.. ports.Select(port => (PolicyPort)new PolicyPort.Range(Protocol.Tcp, (ushort)port, (ushort)port))])],
        [], security);

    public static LabelSelector Select(string label, string value) => new([new LabelRequirement(label, LabelOperator.In, [value])]);

    public static Inspection Web(int tag = 7, string name = "web") => new(name, tag, "default", true, true);

    /// <summary>What the controller's loop does, until there is nothing to do; a crash (any exception) leaves the network as it is.</summary>
    public static async Task<int> ConvergeAsync(INeutron neutron, ClusterFacts facts, bool tolerateFailures = false)
    {
        var mirror = new NetworkMirror(neutron, Options.ClusterName);
        var capabilities = await neutron.DiscoverAsync(default);
        await mirror.ReadAsync(capabilities, default);
        for (var round = 0; round < 8; round++)
        {
            var plan = PlanFor(capabilities, facts, mirror);
            if (plan.IsEmpty) return round;
            var failures = (await mirror.ApplyAsync(plan, default)).Failures;
            if (failures.Count == 0) continue;
            Assert.True(tolerateFailures, string.Join('\n', failures));
            return round;
        }
        throw new InvalidOperationException("does not converge: " + string.Join(", ", PlanFor(capabilities, facts, mirror)));
    }

    public static ImmutableArray<Operation> PlanFor(InMemoryNeutron neutron, ClusterFacts facts, NetworkMirror mirror) => PlanFor(neutron.Capabilities, facts, mirror);

    public static ImmutableArray<Operation> PlanFor(Capabilities capabilities, ClusterFacts facts, NetworkMirror mirror) =>
        Planner.Plan(Options.ClusterName, NetworkDesigner.Design(facts, PolicyCompiler.Compile(facts.Cluster), capabilities, Options, Addresses(mirror.Snapshot.All<Port>())), mirror.Snapshot);

    public static Dictionary<string, ImmutableArray<Prefix>> Addresses(InMemoryNeutron neutron) => Addresses(neutron.All<Port>());

    private static Dictionary<string, ImmutableArray<Prefix>> Addresses(IEnumerable<Port> ports) => ports
        .Where(port => port.DeviceOwner == DeviceOwners.Pod)
        .GroupBy(port => port.DeviceId!)
        .ToDictionary(pod => pod.Key, pod => pod.First().FixedIps!.Select(ip => Prefix.TryParse(ip.IpAddress!, out var prefix) ? prefix : default).ToImmutableArray());

    /// <summary>The network in words that do not depend on ids, for comparing.</summary>
    public static string Describe(InMemoryNeutron neutron)
    {
        var names = neutron.All<Resource>().ToDictionary(one => one.Id, one => one.Description ?? one.Id);
        string Name(string? id) => id is null ? "" : names.GetValueOrDefault(id, id);
        string Names(IEnumerable<string>? ids) => string.Join(',', (ids ?? []).Select(Name).Order(StringComparer.Ordinal));
        // Addresses are the server's to give: a port is who it is, not what it got.
        var pods = neutron.All<Port>().SelectMany(port => (port.FixedIps ?? []).Select(ip => (ip.IpAddress, port.Name)))
            .ToDictionary(pair => pair.IpAddress!, pair => pair.Name!);
        string Member(string cidr) => pods.GetValueOrDefault(cidr.Split('/')[0], cidr) + (cidr.Contains(':') ? "/6" : "/4");
        return string.Join('\n', neutron.All<Resource>().Select(one => one switch
        {
            Port port => $"{port.Description} {port.Name} on {port.HostId} [{Names(port.SecurityGroups)}] {port.PortSecurityEnabled} {Name(port.QosPolicyId)}",
            SecurityGroupRule rule => $"rule of {Name(rule.SecurityGroupId)} {rule.Direction} {rule.Ethertype} {rule.Protocol} {rule.PortRangeMin}-{rule.PortRangeMax} {rule.RemoteIpPrefix}{Name(rule.RemoteAddressGroupId)}",
            QosRule rule => $"limit of {Name(rule.QosPolicyId)} {rule.Direction} {rule.MaxKbps}",
            AddressGroup group => $"{group.Description} {string.Join(',', (group.Addresses ?? []).Select(Member).Order(StringComparer.Ordinal))}",
            PortPair pair => $"{pair.Description} {Name(pair.Ingress)} {Name(pair.Egress)}",
            PortPairGroup group => $"{group.Description} [{Names(group.PortPairs)}]",
            FlowClassifier flow => $"flow to {Name(flow.LogicalDestinationPort)} from {Name(flow.LogicalSourcePort)} {flow.Ethertype} {flow.Protocol} {flow.DestinationPortRangeMin}-{flow.DestinationPortRangeMax} {Name(flow.SourceAddressGroupId)}{Name(flow.DestinationAddressGroupId)}{flow.SourceIpPrefix}{flow.DestinationIpPrefix} tag {flow.L7Parameters?.SecurityPolicyTag}",
            PortChain chain => $"{chain.Description} [{Names(chain.PortPairGroups)}] {chain.FlowClassifiers?.Count} classifiers",
            _ => one.Description ?? one.Name ?? one.Id,
        }).Order(StringComparer.Ordinal));
    }

    private static ImmutableDictionary<string, string> Labels(string key, string value) => ImmutableDictionary<string, string>.Empty.Add(key, value);
}

internal sealed record PodDescription(string Name, string App, string Node, Bandwidth? Bandwidth = null);
