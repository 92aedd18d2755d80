using System.Text.Json.Nodes;
using CsCheck;
using Demilune.Contracts.Nodes;

namespace Demilune.Sdn.Tests.Laws;

/// <summary>What a node hears of the network, change by change, is the network.</summary>
public sealed class SpanLaws
{
    private static readonly string[] Nodes = ["n1", "n2", "n3"];
    private static readonly string[] Ports = ["web", "client", "bare", "in", "out", "in2", "out2"];

    /// <summary>One of the standard world's things, or something made since.</summary>
    private static Gen<string> Of(params string[] names) => Gen.Int[0, names.Length + 5].Select(n => n < names.Length ? "$" + names[n] : $"@{n}");

    private static readonly Gen<string> Port = Of(Ports), Group = Of("sg", "sg-used"), Addresses = Of("ag", "ag-used"), Classifier = Of("fc"), Pair = Of("pp", "pp2"), PairGroup = Of("ppg", "ppg2");
    private static readonly Gen<string> Node = Among([.. Nodes, ""]);
    private static readonly Gen<string> Cidr = Gen.Int[0, 5].Select(n => n < 4 ? $"10.9.0.{n + 2}/32" : $"10.{n}.0.0/16");

    private static Gen<string> Among(params string[] names) => Gen.Int[0, names.Length - 1].Select(n => names[n]);

    private static readonly Gen<(string Method, string Path, string? Body)> Request = Gen.OneOf(
        Gen.Select(Node, Group, (node, group) => ("POST", "ports", (string?)$$$"""{"port":{"network_id":"$net","name":"a/b","binding:host_id":"{{{node}}}","security_groups":["{{{group}}}"]}}""")),
        Gen.Select(Port, Node, (port, node) => ("PUT", $"ports/{port}", (string?)$$$"""{"port":{"binding:host_id":"{{{node}}}"}}""")),
        Gen.Select(Port, Group, Group, (port, one, other) => ("PUT", $"ports/{port}", (string?)$$$"""{"port":{"security_groups":["{{{one}}}","{{{other}}}"]}}""")),
        Gen.Select(Port, Gen.Int[2, 9], (port, host) => ("PUT", $"ports/{port}", (string?)$$$"""{"port":{"fixed_ips":[{"ip_address":"10.9.0.{{{host}}}"}]}}""")),
        Gen.Select(Port, Gen.Bool, (port, up) => ("PUT", $"ports/{port}", (string?)$$$"""{"port":{"admin_state_up":{{{(up ? "true" : "false")}}} } }""")),
        Gen.Const(("POST", "security-groups", (string?)"""{"security_group":{}}""")),
        Gen.Select(Group, Group, (group, remote) => ("POST", "security-group-rules", (string?)$$$"""{"security_group_rule":{"security_group_id":"{{{group}}}","direction":"ingress","remote_group_id":"{{{remote}}}"}}""")),
        Gen.Select(Group, Addresses, Gen.Int[1, 9], (group, remote, port) => ("POST", "security-group-rules", (string?)$$$"""{"security_group_rule":{"security_group_id":"{{{group}}}","direction":"egress","protocol":"tcp","port_range_min":{{{port}}},"port_range_max":{{{port}}},"remote_address_group_id":"{{{remote}}}"}}""")),
        Gen.Const(("POST", "address-groups", (string?)"""{"address_group":{}}""")),
        Gen.Select(Addresses, Cidr, (group, address) => ("PUT", $"address-groups/{group}/add_addresses", (string?)$$$"""{"addresses":["{{{address}}}"]}""")),
        Gen.Select(Addresses, Cidr, (group, address) => ("PUT", $"address-groups/{group}/remove_addresses", (string?)$$$"""{"addresses":["{{{address}}}"]}""")),
        Gen.Select(Port, Addresses, Gen.Int[2, 4], (port, remote, tag) => ("POST", "sfc/flow_classifiers", (string?)$$$"""{"flow_classifier":{"logical_destination_port":"{{{port}}}","source_address_group_id":"{{{remote}}}","l7_parameters":{"security_policy_tag":{{{tag}}} } } }""")),
        Gen.Select(Port, Port, (source, port) => ("POST", "sfc/flow_classifiers", (string?)$$$"""{"flow_classifier":{"logical_source_port":"{{{source}}}","logical_destination_port":"{{{port}}}","l7_parameters":{"security_policy_tag":5} } }""")),
        Gen.Select(Classifier, Classifier, (one, other) => ("PUT", "sfc/port_chains/$chain", (string?)$$$"""{"port_chain":{"flow_classifiers":["{{{one}}}","{{{other}}}"]}}""")),
        Gen.Select(PairGroup, (group) => ("PUT", "sfc/port_chains/$chain", (string?)$$$"""{"port_chain":{"port_pair_groups":["{{{group}}}"]}}""")),
        Gen.Int[0, 2].Select(n => ("PUT", "sfc/port_chains/$chain", (string?)$$$"""{"port_chain":{"name":"chain{{{n}}}"}}""")),
        Gen.Select(PairGroup, Pair, (group, pair) => ("PUT", $"sfc/port_pair_groups/{group}", (string?)$$$"""{"port_pair_group":{"port_pairs":["{{{pair}}}"]}}""")),
        Gen.Select(PairGroup, (group) => ("PUT", $"sfc/port_pair_groups/{group}", (string?)$$$"""{"port_pair_group":{"port_pairs":[]}}""")),
        Gen.Int[4, 9].Select(n => ("POST", "subnets", (string?)$$$"""{"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.{{{n}}}.0.0/24"}}""")),
        Gen.Int[4, 9].Select(n => ("POST", "subnets", (string?)$$$"""{"subnet":{"network_id":"$other-net","ip_version":4,"cidr":"10.{{{n}}}.0.0/16"}}""")),
        Gen.Select(Node, (node) => ("POST", "ports", (string?)$$$"""{"port":{"network_id":"$other-net","name":"a/c","binding:host_id":"{{{node}}}"}}""")),
        Of("v4", "v6", "r").Select(subnet => ("PUT", "routers/$r/add_router_interface", (string?)$$$"""{"subnet_id":"{{{subnet}}}"}""")),
        Of("v4", "v6", "r").Select(subnet => ("PUT", "routers/$r/remove_router_interface", (string?)$$$"""{"subnet_id":"{{{subnet}}}"}""")),
        Gen.Bool.Select(up => ("PUT", "routers/$r", (string?)$$$"""{"router":{"admin_state_up":{{{(up ? "true" : "false")}}} } }""")),
        Gen.Bool.Select(has => ("PUT", "routers/$r", (string?)$$$"""{"router":{"external_gateway_info":{{{(has ? """{"network_id":"$ext"}""" : "{}")}}} } }""")),
        Port.Select(port => ("PUT", "floatingips/$floating", (string?)$$$"""{"floatingip":{"port_id":"{{{port}}}"} }""")),
        Gen.Const(("PUT", "floatingips/$floating", (string?)"""{"floatingip":{"port_id":null} }""")),
        Gen.Int[1400, 1500].Select(mtu => ("PUT", "networks/$net", (string?)$$$"""{"network":{"mtu":{{{mtu}}} } }""")),
        Gen.Const(("POST", "qos/policies", (string?)"""{"policy":{"name":"slow"}}""")),
        Of("slow").Select(policy => ("POST", $"qos/policies/{policy}/bandwidth_limit_rules", (string?)"""{"bandwidth_limit_rule":{"max_kbps":1000,"direction":"ingress"}}""")),
        Gen.Select(Port, Of("slow"), (port, policy) => ("PUT", $"ports/{port}", (string?)$$$"""{"port":{"qos_policy_id":"{{{policy}}}"}}""")),
        Gen.Select(Among("ports", "security-groups", "security-group-rules", "address-groups", "sfc/flow_classifiers", "sfc/port_chains", "qos/policies"), Gen.Int[0, 9], (path, n) =>
            ("DELETE", $"{path}/@{n}", (string?)null)),
        Gen.Const(("DELETE", "sfc/port_chains/$chain", (string?)null)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Changes_told_only_to_those_whom_they_concern_come_to_the_whole_state(bool tunnels)
    {
        var (accepted, told) = (0, 0);
        Request.Array[1, 60].Sample(requests =>
        {
            using var world = World.Standard(tunnels);
            world.Make("r", "routers", """{"router":{"name":"r"}}""");
            world.Make("ext", "networks", """{"network":{"router:external":true}}""");
            world.Make("ext4", "subnets", """{"subnet":{"network_id":"$ext","ip_version":4,"cidr":"203.0.113.0/24"}}""");
            world.Make("floating", "floatingips", """{"floatingip":{"floating_network_id":"$ext"}}""");
            world.Network.SetGatewayNode("n2", true);
            world.Make("slow", "qos/policies", """{"policy":{"name":"standard"}}""");
            world.Make("spoken", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","remote_address_group_id":"$ag"}}""");
            world.Send("PUT", "address-groups/$ag/add_addresses", """{"addresses":["10.9.0.2/32","10.9.0.3/32","10.9.0.4/32","10.9.0.5/32"]}""");
            var revision = 0ul;
            var supplement = Directory(world) with { Tunnels = tunnels ? new(4789, 1450, Nodes.ToDictionary(node => node, IReadOnlyList<string> (node) => [$"192.0.2.{node[1]}"])) : null };
            var states = Nodes.ToDictionary(node => node, node => world.Network.Compose(node, supplement));
            foreach (var state in states.Values) state.Revision = ++revision;
            HashSet<string> concerned = [];
            world.Network.Changed += nodes => concerned.UnionWith(nodes ?? Nodes.ToHashSet());
            var ids = new List<string>();
            foreach (var (method, path, body) in requests)
            {
                var answer = world.Send(method, Made(path), body is null ? null : Made(body));
                Assert.NotEqual(500, answer.Status);
                if (answer.Status >= 400) continue;
                accepted++;
                if (method == "POST" && answer.Body!.AsObject().First().Value is JsonObject made && made["id"] is { } id) ids.Add(id.GetValue<string>());
                foreach (var node in concerned)
                {
                    if (!states.TryGetValue(node, out var state)) continue;
                    var next = world.Network.Compose(node, supplement);
                    next.Revision = ++revision;
                    if (NodeChanges.Between(state, next) is not { } change) continue;
                    // As it goes over the wire.
                    change = NodeChange.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(change));
                    told++;
                    states[node] = NodeChanges.Apply(state, change);
                    AssertSame(next, states[node]);
                }
                concerned.Clear();
                foreach (var node in Nodes) AssertSame(world.Network.Compose(node, supplement), states[node]);
            }

            string Made(string text) => System.Text.RegularExpressions.Regex.Replace(
                text, "@([0-9]+)", match => ids.Count == 0 ? world["absent"] : ids[int.Parse(match.Groups[1].Value) % ids.Count]);
        }, iter: 120, threads: 1);
        // Else the requests no longer say anything.
        Assert.True(accepted > 400 && told > 100, $"{accepted} accepted, {told} told");
    }

    [Fact]
    public void An_address_more_in_a_large_set_is_told_as_that_address()
    {
        using var world = World.Standard();
        world.Make("spoken", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","remote_address_group_id":"$ag"}}""");
        Add("10.9.0.2/32", "10.9.0.3/32", "10.9.0.4/32", "10.9.0.5/32");
        var before = world.Network.Compose("n1", Directory(world));
        Add("10.9.0.6/32");
        var change = NodeChanges.Between(before, world.Network.Compose("n1", Directory(world)))!;
        Assert.Equal(["10.9.0.6/32"], Assert.Single(change.Members).Added);
        Assert.Empty(change.Put.AddressSets);

        void Add(params string[] addresses)
        {
            var answer = world.Send("PUT", "address-groups/$ag/add_addresses", $$$"""{"addresses":[{{{string.Join(',', addresses.Select(address => $"\"{address}\""))}}}]}""");
            Assert.True(answer.Status == 200, $"{answer.Body}");
        }
    }

    [Fact]
    public void A_change_of_another_state_is_refused() =>
        Assert.Throws<ArgumentException>(() => NodeChanges.Apply(new() { Revision = 4 }, new() { Base = 3, Put = new() { Revision = 5 } }));

    /// <summary>Firewalls on n1, so that it is told who is who.</summary>
    private static NodeSupplement Directory(World world) => new(
        [new() { PodUid = "fw", PortPairId = world["pp"], Name = "default" }], [],
        new([.. Enumerable.Range(2, 8).Select(host => new Contracts.Nodes.Identity { Network = 1, PodNamespace = "a", PodName = $"p{host}", Addresses = { $"10.9.0.{host}" } })]));

    private static void AssertSame(NodeState expected, NodeState actual)
    {
        // Revisions are the sender's, and the order of identities is nobody's.
        Assert.Null(NodeChanges.Between(expected, actual));
        var (one, other) = (expected.Clone(), actual.Clone());
        one.Revision = other.Revision = 0;
        foreach (var state in new[] { one, other })
        {
            var identities = state.Identities.OrderBy(NodeChanges.KeyOf, StringComparer.Ordinal).ToList();
            state.Identities.Clear();
            state.Identities.AddRange(identities);
        }
        Assert.Equal(one, other);
    }
}
