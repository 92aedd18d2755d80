using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Applying;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using Demilune.Raven.Planning;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Applying;

/// <summary>Whatever happened on the way: the network is what the same cluster would get from nothing, and only what was touched was looked at.</summary>
public sealed class ConvergenceLaws
{
    private static readonly string[] s_apps = ["web", "api", "db"];

    private static readonly Gen<string> s_app = Gen.Int[0, 2].Select(index => s_apps[index]);

    private static readonly Bandwidth[] s_limits = [Bandwidth.None, new(1_000, null), new(1_000, 2_000), Bandwidth.None];

    private static readonly Gen<PolicyPeer[]> s_peers = Gen.OneOf(
        Gen.Const(Array.Empty<PolicyPeer>()),
        s_app.Select(app => new PolicyPeer[] { new PolicyPeer.Pods(null, Select("app", app)) }),
        Gen.Select(s_app, Gen.Bool).Select((app, all) => new PolicyPeer[] { new PolicyPeer.Pods(all ? LabelSelector.Everything : Select("team", "red"), Select("app", app)) }),
        Gen.Const(new PolicyPeer[] { new PolicyPeer.Block("10.0.0.0/8", []) }));

    private static readonly Gen<PolicyRule> s_rule = Gen.Select(s_peers, Gen.Int[0, 3]).Select((peers, port) => PolicyRule.Of(peers, port switch
    {
        0 => [],
        1 => [new PolicyPort.Named(Protocol.Tcp, "http")],
        2 => [new PolicyPort.Range(Protocol.Sctp, 7, 7)],
        _ => [new PolicyPort.Range(Protocol.Tcp, 8080, 8080)],
    }));

    /// <summary>Speaks of Services: with few pods, most are open to whom it names.</summary>
    private static readonly Gen<PolicyRule> s_open = s_peers.Select(peers => PolicyRule.Of(peers, []));

    private static readonly Gen<NetworkPolicy> s_policy = Gen.Select(Gen.Int[0, 4], s_app, s_rule.Array[0, 2], Gen.OneOf(s_rule, s_open).Array[0, 2], Gen.Int[0, 3]).Select((name, app, ingress, egress, judge) =>
        new NetworkPolicy(new Name(name % 2 == 0 ? "shop" : "bank", $"p{name}"), Select("app", app), null, [.. ingress], [.. egress], judge switch { 0 => "first", 1 => "second", _ => null }));

    private static readonly Gen<NetworkPolicy> s_clusterPolicy = Gen.Select(Gen.Int[0, 2], s_app, s_rule, Gen.Int[0, 2], Gen.Bool).Select((name, app, rule, action, admin) =>
        new NetworkPolicy(new Name("", $"c{name}"), Select("app", app), null, [rule with { Action = (RuleAction)action }], [rule with { Action = (RuleAction)action }])
        {
            Kind = PolicyKind.ClusterNetworkPolicy, Tier = admin ? Tier.Admin : Tier.Baseline, Priority = name, SubjectNamespaces = LabelSelector.Everything,
        });

    private static readonly Gen<Action<Shop>> s_change = Gen.Frequency(
        (5, Gen.Select(Gen.Int[0, 5], s_app, Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 3]).Select((number, app, node, http, limit) => (Action<Shop>)(shop => shop.SetPod(number, node == 0 ? null : app, node == 1 ? null : $"n{node}", http ? 80 : 8080, s_limits[limit])))),
        (1, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Gen.Bool).Select((number, state, leaving) => (Action<Shop>)(shop => shop.SetFirewall(number, state > 0, leaving)))),
        (1, Gen.Select(Gen.Bool, Gen.Bool).Select((shop, red) => (Action<Shop>)(all => all.SetNamespace(shop ? "shop" : "bank", red)))),
        (4, Gen.Select(Gen.OneOf(s_policy, s_policy, s_clusterPolicy), Gen.Int[0, 3]).Select((policy, gone) => (Action<Shop>)(shop => shop.SetPolicy(policy.Id, gone == 0 ? null : policy)))),
        (2, Gen.Select(Gen.Bool, Gen.Int[0, 3]).Select((first, state) => (Action<Shop>)(shop => shop.SetInspection(first ? "first" : "second", state)))),
        (2, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 5].Array[0, 1]).Select((name, backends) => (Action<Shop>)(shop => shop.SetService($"s{name}", backends)))),
        (5, Gen.Const((Action<Shop>)(shop => shop.Settle()))));

    [Theory]
    [InlineData("security-group address-group security-groups-remote-address-group sfc flow_classifier qos demilune-classifier-policy demilune-classifier-address-group demilune-security-group-rule-tier")]
    [InlineData("security-group sfc flow_classifier")]
    [InlineData("security-group address-group security-groups-remote-address-group sfc flow_classifier")]
    [InlineData("security-group address-group security-groups-remote-address-group")]
    public void The_network_of_a_cluster_that_changes_is_that_of_the_same_cluster_from_nothing(string extensions) =>
        s_change.Array[1, 40].Sample(
            changes =>
            {
                var shop = new Shop(new Capabilities(extensions.Split(' ')));
                foreach (var change in changes) change(shop);
                shop.Settle();
            },
            iter: 80);

    /// <summary>The same cluster twice: as a controller follows it, and as plain facts.</summary>
    private sealed class Shop
    {
        private readonly InMemoryNeutron _neutron;
        private readonly Convergence _network;
        private readonly Dictionary<string, bool> _red = [];
        private readonly Dictionary<string, Pod> _pods = [];
        private readonly Dictionary<string, PlacedPod> _placed = [];
        private readonly Dictionary<PolicyId, NetworkPolicy> _policies = [];
        private readonly Dictionary<string, Inspection> _inspections = [];
        private readonly SortedDictionary<string, ServiceFront> _services = [];
        private bool _settled, _held;

        public Shop(Capabilities capabilities)
        {
            _neutron = new InMemoryNeutron { Capabilities = capabilities, BeforeWrite = what => Assert.True(_held, what) };
            _network = new Convergence(_neutron, Options with { Hold = Hold });
            Assert.True(_network.ReadAsync(default).GetAwaiter().GetResult());
        }

        public void SetPod(int number, string? app, string? node, int http, Bandwidth bandwidth)
        {
            var (uid, name) = ($"uid-{number}", new Name(number % 2 == 0 ? "shop" : "bank", $"pod{number}"));
            var pod = app is null ? null : new Pod(uid, name, Labels("app", app), [new NamedPort("http", Protocol.Tcp, (ushort)http)]);
            Set(_pods, uid, pod);
            _network.Compiler.SetPod(uid, pod);
            Place(uid, pod is null || node is null ? null : new PlacedPod(uid, name, node) { Bandwidth = bandwidth });
        }

        public void SetFirewall(int number, bool there, bool leaving) =>
            Place($"uid-fw{number}", there ? new PlacedPod($"uid-fw{number}", new Name("demilune-system", $"fw{number}"), "n1", "default", leaving) : null);

        public void SetNamespace(string name, bool red)
        {
            _red[name] = red;
            _network.Compiler.SetNamespace(name, Labels("team", red ? "red" : "blue"));
        }

        public void SetPolicy(PolicyId id, NetworkPolicy? policy)
        {
            Set(_policies, id, policy);
            _network.Compiler.SetPolicy(id, policy);
        }

        public void SetInspection(string name, int state)
        {
            var inspection = state == 0 ? null : new Inspection(name, name == "first" ? 7 : 8, state == 1 ? null : "default", state == 2, state == 3);
            Set(_inspections, name, inspection);
            _network.Designer.SetInspection(name, inspection);
        }

        public void SetService(string name, int[] backends)
        {
            var front = backends.Length == 0 ? null : new ServiceFront(
                new Prefix(false, name == "s0" ? 0x0a600001u : 0x0a600002u, 32), Protocol.Tcp, 80, [.. backends.Distinct().Select(number => ($"uid-{number}", (ushort)8080))]);
            if (front is null) _services.Remove(name);
            else _services[name] = front;
            _network.Designer.SetService(name, front is null ? [] : [front]);
        }

        public void Settle()
        {
            _network.RunAsync(everything: !_settled, _ => { }, _ => { }, default).GetAwaiter().GetResult();
            _settled = true;
            Assert.False(_held);
            var cluster = new Cluster(_red.ToImmutableDictionary(ns => ns.Key, ns => Labels("team", ns.Value ? "red" : "blue")), [.. _pods.Values], [.. _policies.Values]);
            var facts = new ClusterFacts(cluster, [.. _placed.Values], _inspections.ToImmutableDictionary()) { Services = [.. _services.Values] };
            var whole = NetworkDesigner.Design(facts, PolicyCompiler.Compile(cluster), _neutron.Capabilities, Options, Addresses(_neutron));
            Assert.Equal(Describe(whole), Describe(_network.Designer.Desired));
            Assert.Empty(Planner.Plan(Options.ClusterName, whole, _network.Snapshot));
        }

        /// <summary>Whatever a change takes, nodes hear of it at its end.</summary>
        private Release Hold()
        {
            Assert.False(_held);
            _held = true;
            return new(() => _held = false);
        }

        private void Place(string uid, PlacedPod? pod)
        {
            Set(_placed, uid, pod);
            _network.Designer.SetPod(uid, pod);
        }

        private static void Set<TKey, TValue>(Dictionary<TKey, TValue> all, TKey key, TValue? value)
            where TKey : notnull
            where TValue : class
        {
            if (value is null) all.Remove(key);
            else all[key] = value;
        }

        private static ImmutableDictionary<string, string> Labels(string key, string value) => ImmutableDictionary<string, string>.Empty.Add(key, value);

        private static string Describe(DesiredNetwork network) => string.Join('\n',
        [
            .. Lines(network.Networks), .. Lines(network.Subnets), .. Lines(network.AddressGroups), .. Lines(network.SecurityGroups), .. Lines(network.QosPolicies), .. Lines(network.Ports),
            .. Lines(network.PortPairs), .. Lines(network.PortPairGroups), .. Lines(network.FlowClassifiers), .. Lines(network.PortChains),
            .. network.Rules.OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => group.Value.Select(rule => JsonSerializer.Serialize(rule)).Order(StringComparer.Ordinal)),
            .. network.Rules.Keys.Concat(network.Ports.Keys).Order(StringComparer.Ordinal).Select(key => $"{key} after {string.Join(',', network.PrerequisitesOf(key).Order(StringComparer.Ordinal))}"),
            .. network.Problems.Select(problem => problem.ToString()),
        ]);

        private static IEnumerable<string> Lines<T>(ImmutableSortedDictionary<string, T> things)
            where T : Resource => things.Select(thing => $"{thing.Key} {JsonSerializer.Serialize(thing.Value)}");
    }

    private sealed class Release(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
