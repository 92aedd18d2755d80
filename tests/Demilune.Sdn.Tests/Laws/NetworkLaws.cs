using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;
using Demilune.Sdn.Resources;
using Demilune.Sdn.Store;

namespace Demilune.Sdn.Tests.Laws;

/// <summary>What holds whatever clients do.</summary>
public sealed class NetworkLaws
{
    /// <summary>Requests over a few names, so that they meet each other. @N is the id of the N-th thing ever made, modulo their number.</summary>
    private static readonly Gen<(string Method, string Path, string? Body)> Request = Gen.OneOf(
        Gen.Const(("POST", "networks", (string?)"""{"network":{}}""")),
        Gen.Int[0, 9].Select(n => ("POST", "subnets", (string?)$$$"""{"subnet":{"network_id":"@{{{n}}}","ip_version":4,"cidr":"10.0.{{{n}}}.0/29"}}""")),
        Gen.Int[0, 9].Select(n => ("POST", "subnets", (string?)$$$"""{"subnet":{"network_id":"@{{{n}}}","ip_version":6,"cidr":"fd00:{{{n}}}::/125"}}""")),
        Gen.Int[0, 9].Select(n => ("POST", "ports", (string?)$$$"""{"port":{"network_id":"@{{{n}}}","device_id":"d"}}""")),
        Gen.Int[0, 9].Select(n => ("POST", "ports", (string?)$$$"""{"ports":[{"network_id":"@{{{n}}}"},{"network_id":"@{{{n}}}","device_id":"d"}]}""")),
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 7], (n, m, host) =>
            ("POST", "ports", (string?)$$$"""{"port":{"network_id":"@{{{n}}}","fixed_ips":[{"ip_address":"10.0.{{{m}}}.{{{host}}}"}]}}""")),
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 9], Gen.Int[0, 7], (n, m, host) =>
            ("PUT", $"ports/@{n}", (string?)$$$"""{"port":{"fixed_ips":[{"ip_address":"10.0.{{{m}}}.{{{host}}}"},{}]}}""")),
        Gen.Int[0, 9].Select(_ => ("POST", "security-groups", (string?)"""{"security_group":{}}""")),
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], (n, m) =>
            ("POST", "security-group-rules", (string?)$$$"""{"security_group_rule":{"security_group_id":"@{{{n}}}","direction":"ingress","remote_group_id":"@{{{m}}}"}}""")),
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], (n, m) => ("PUT", $"ports/@{n}", (string?)$$$"""{"port":{"security_groups":["@{{{m}}}"]}}""")),
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], (n, m) =>
            ("POST", "sfc/port_pairs", (string?)$$$"""{"port_pair":{"ingress":"@{{{n}}}","egress":"@{{{m}}}"}}""")),
        Gen.Int[0, 60].Select(n => ("POST", "sfc/port_pair_groups", (string?)$$$"""{"port_pair_group":{"port_pairs":["@{{{n}}}"]}}""")),
        Gen.Int[0, 60].Select(n => ("POST", "sfc/flow_classifiers", (string?)$$$"""{"flow_classifier":{"logical_source_port":"@{{{n}}}"}}""")),
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], (n, m) =>
            ("POST", "sfc/port_chains", (string?)$$$"""{"port_chain":{"port_pair_groups":["@{{{n}}}"],"flow_classifiers":["@{{{m}}}"]}}""")),
        Gen.Select(Among([.. Collections.All.Select(collection => collection.Path)]), Gen.Int[0, 60], (path, n) => ("DELETE", $"{path}/@{n}", (string?)null)));

    [Fact]
    public void No_address_is_given_out_twice_nothing_in_use_is_deleted_and_a_restart_changes_nothing()
    {
        var met = new System.Collections.Concurrent.ConcurrentDictionary<Type, bool>();
        Request.Array[1, 120].Sample(requests =>
        {
            var file = Path.Combine(Path.GetTempPath(), $"network-laws-{Guid.NewGuid():N}.db");
            try
            {
                NetworkState last;
                using (var world = new World(new SqliteNetworkStore(file)))
                {
                    Play(world, requests);
                    last = world.Network.State;
                    foreach (var collection in Collections.All.Where(collection => last.Count(collection.Kind) > 0)) met[collection.Kind] = true;
                }
                using var again = new World(new SqliteNetworkStore(file));
                Assert.Equal(Text(last), Text(again.Network.State));
                AssertWhole(again.Network.State);
            }
            finally
            {
                foreach (var part in (string[])["", "-wal", "-shm"]) File.Delete(file + part);
            }
        }, iter: 60);
        // Else the requests no longer meet each other, and the law says nothing.
        Assert.Superset(new HashSet<Type> { typeof(Port), typeof(Subnet), typeof(PortPair), typeof(SecurityGroupRule), typeof(FlowClassifier) }, met.Keys.ToHashSet());
    }

    /// <summary>Whatever is sent: an answer with Neutron's error body, never an exception, never a 500.</summary>
    [Fact]
    public void No_body_makes_the_server_stumble()
    {
        using var world = World.Standard();
        var values = Among("null", "true", "-1", "1e99", "99999999999999999999", "\"\"", "\"x\"", "[]", "[null]", "[[]]", "{}", "{\"a\":1}", "[1,1]",
            "\"10.0.0.0/8\"", "\"::/0\"", "\"00000000-0000-4000-8000-000000000000\"", "[\"00000000-0000-4000-8000-000000000000\"]", "\"\\u0000\"", "[{}]",
            "[{\"ip_address\":null}]", "[{\"start\":null,\"end\":null}]", "{\"security_policy_tag\":1e3}", "\"0.0.0.0/0\"", "4", "6", "\"tcp\"", "\"-1\"");
        var one = from collection in Among([.. Collections.All])
                  from names in Among([.. collection.Attributes.Names]).Array[0, 4]
                  from given in values.Array[names.Length]
                  from method in Among("POST", "PUT")
                  from id in Among("$net", "$web", "$pp", "$ppg", "$fc", "$chain", "$sg", "$ag", "$v4", "$rule")
                  select (collection, method, id, body: string.Join(',', names.Distinct().Zip(given, (name, value) => $"\"{name}\":{value}")));
        var accepted = 0;
        one.Sample(request =>
        {
            var (collection, method, id, attributes) = request;
            // Required ones are put in front, so that the rules behind the tables are reached too.
            var required = collection.Member is "port" or "subnet" && method == "POST" ? "\"network_id\":\"$net\"," : "";
            if (attributes.Contains("\"network_id\"")) required = "";
            var body = $"{{\"{collection.Member}\":{{{(required + attributes).TrimEnd(',')}}}}}";
            var answer = world.Send(method, method == "PUT" ? $"{collection.Path}/{id}" : collection.Path, body);
            Assert.InRange(answer.Status, 200, 503);
            Assert.NotEqual(500, answer.Status);
            if (answer.Status >= 400) Assert.NotEmpty(World.ErrorOf(answer).Type);
            else accepted++;
            AssertViewable(world.Network.State);
        }, iter: 3_000, threads: 1);
        AssertWhole(world.Network.State);
        Assert.True(accepted > 100, $"only {accepted} of the bodies were good");
    }

    [Fact]
    public void No_bytes_make_the_server_stumble() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        using var world = new World();
        var answer = world.Network.Answer(new("POST", "networks") { Body = bytes, Caller = new("p", true) });
        Assert.InRange(answer.Status, 201, 499);
    }, iter: 500);

    /// <summary>Addresses as numbers are the addresses as text.</summary>
    [Fact]
    public void A_prefix_contains_exactly_what_lies_between_its_ends() => Gen.Select(Gen.UInt, Gen.Int[0, 32], Gen.UInt).Sample((value, length, other) =>
    {
        var cidr = new Cidr(new(false, value), length);
        var address = new Address(false, other);
        var inside = length == 0 || value >> (32 - length) == other >> (32 - length);
        Assert.Equal(inside, cidr.Contains(address));
        Assert.True(Address.TryParse(address.ToString(), out var parsed) && parsed == address);
        Assert.Equal(cidr.Overlaps(new(address, length)), inside);
    });

    private static Gen<T> Among<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static void Play(World world, (string Method, string Path, string? Body)[] requests)
    {
        var ids = new List<string>();
        foreach (var (method, path, body) in requests)
        {
            var before = world.Network.State;
            var answer = world.Send(method, Resolve(path), body is null ? null : Resolve(body));
            Assert.NotEqual(500, answer.Status);
            if (answer.Status >= 400) Assert.Same(before, world.Network.State);
            else if (method == "POST") Remember(answer.Body!.AsObject().First().Value!);
            AssertWhole(world.Network.State);
        }

        void Remember(JsonNode made)
        {
            foreach (var one in made is JsonArray many ? many.ToList() : [made]) ids.Add(one!["id"]!.GetValue<string>());
        }

        string Resolve(string text) => System.Text.RegularExpressions.Regex.Replace(
            text, "@([0-9]+)", match => ids.Count == 0 ? world["absent"] : ids[int.Parse(match.Groups[1].Value) % ids.Count]);
    }

    private static void AssertWhole(NetworkState state)
    {
        var ports = state.All<Port>().ToList();
        var addresses = ports.SelectMany(port => port.FixedIps!).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
        foreach (var port in ports)
        {
            foreach (var ip in port.FixedIps!)
            {
                var subnet = state.Find<Subnet>(ip.SubnetId)!;
                Assert.Equal(port.NetworkId, subnet.NetworkId);
                Assert.True(Address.TryParse(ip.IpAddress!, out var address) && Subnets.PrefixOf(subnet).Contains(address));
            }
            Assert.Equal(1, ports.Count(other => other.MacAddress == port.MacAddress && other.NetworkId == port.NetworkId));
        }
        var all = Collections.All.SelectMany(collection => state.All(collection.Kind)).ToList();
        var ids = all.Select(resource => resource.Id).ToHashSet();
        foreach (var resource in all)
            Assert.All(Collections.Of(resource.GetType()).References(resource).Where(id => !id.StartsWith("node:", StringComparison.Ordinal)), id => Assert.Contains(id, ids));
        Assert.Equal(state.All<PortChain>().SelectMany(chain => chain.FlowClassifiers!).Count(), state.All<PortChain>().SelectMany(chain => chain.FlowClassifiers!).Distinct().Count());
        Assert.Equal(state.All<PortPairGroup>().SelectMany(group => group.PortPairs!).Count(), state.All<PortPairGroup>().SelectMany(group => group.PortPairs!).Distinct().Count());
    }

    /// <summary>Whatever was accepted can be shown, stored and composed.</summary>
    private static void AssertViewable(NetworkState state)
    {
        foreach (var collection in Collections.All)
            foreach (var resource in state.All(collection.Kind))
                Assert.NotNull(collection.View(state, resource));
        Assert.NotNull(Sdn.Topology.NodeTopology.Compose(state, "n1", Contracts.Nodes.NodeSupplement.Empty, new()));
    }

    private static string Text(NetworkState state) => string.Join('\n', Collections.All.SelectMany(collection =>
        state.All(collection.Kind).Select(resource => Encoding.UTF8.GetString(collection.Write(resource)))));
}
