using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Demilune.Sdn.Api;
using Demilune.Sdn.Store;

namespace Demilune.Sdn.Tests;

/// <summary>A network to ask, without HTTP. Requests are written as clients write them; $NAME stands for the id of what was made under that name.</summary>
internal sealed partial class World : IDisposable
{
    private readonly Dictionary<string, string> _ids = new() { ["absent"] = "00000000-0000-4000-8000-000000000000" };

    public World(INetworkStore? store = null, bool tunnels = false, TimeProvider? time = null) => Network = new(store ?? new Forgetful(), time ?? TimeProvider.System, tunnels);

    public VirtualNetwork Network { get; }

    public string this[string name] => _ids[name];

    /// <summary>One network with both families, two devices, and a chain over the first.</summary>
    public static World Standard(bool tunnels = false, TimeProvider? time = null)
    {
        var world = new World(tunnels: tunnels, time: time);
        world.Make("net", "networks", """{"network":{"name":"net"}}""");
        world.Make("other-net", "networks", """{"network":{"name":"other"}}""");
        world.Make("v4", "subnets", """{"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.9.0.0/24"}}""");
        world.Make("v6", "subnets", """{"subnet":{"network_id":"$net","ip_version":6,"cidr":"fd09::/64"}}""");
        world.Make("sg", "security-groups", """{"security_group":{"name":"web"}}""");
        world.Make("sg-used", "security-groups", """{"security_group":{"name":"used"}}""");
        world.Make("ag", "address-groups", """{"address_group":{"name":"peers","addresses":["10.1.0.0/16","10.2.0.1/32"]}}""");
        world.Make("ag-used", "address-groups", """{"address_group":{"name":"used","addresses":[]}}""");
        world.Make("rule", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"tcp","port_range_min":80,"port_range_max":80,"remote_address_group_id":"$ag-used"}}""");
        world.Make("in", "ports", """{"port":{"network_id":"$net","name":"sys/fw:in","device_id":"fw","device_owner":"demilune:firewall-in","port_security_enabled":false,"binding:host_id":"n1"}}""");
        world.Make("out", "ports", """{"port":{"network_id":"$net","name":"sys/fw:out","device_id":"fw","device_owner":"demilune:firewall-out","port_security_enabled":false,"binding:host_id":"n1"}}""");
        world.Make("in2", "ports", """{"port":{"network_id":"$net","device_id":"fw2"}}""");
        world.Make("out2", "ports", """{"port":{"network_id":"$net","device_id":"fw2"}}""");
        world.Make("web", "ports", """{"port":{"network_id":"$net","name":"shop/web","device_id":"web","device_owner":"demilune:pod","security_groups":["$sg-used"],"binding:host_id":"n1"}}""");
        world.Make("client", "ports", """{"port":{"network_id":"$net","name":"shop/client","device_id":"client","device_owner":"demilune:pod","security_groups":["$sg-used"],"binding:host_id":"n2"}}""");
        world.Make("bare", "ports", """{"port":{"network_id":"$net"}}""");
        world.Make("pp", "sfc/port_pairs", """{"port_pair":{"ingress":"$in","egress":"$out"}}""");
        world.Make("pp2", "sfc/port_pairs", """{"port_pair":{"ingress":"$in2","egress":"$out2"}}""");
        world.Make("pp-mpls", "sfc/port_pairs", """{"port_pair":{"ingress":"$out2","egress":"$in2","service_function_parameters":{"correlation":"mpls"}}}""");
        world.Make("ppg", "sfc/port_pair_groups", """{"port_pair_group":{"port_pairs":["$pp"]}}""");
        world.Make("ppg2", "sfc/port_pair_groups", """{"port_pair_group":{"port_pairs":["$pp2"]}}""");
        world.Make("fc", "sfc/flow_classifiers", """{"flow_classifier":{"logical_destination_port":"$web","protocol":"tcp","destination_port_range_min":80,"destination_port_range_max":80,"source_ip_prefix":"10.9.0.0/24"}}""");
        world.Make("chain", "sfc/port_chains", """{"port_chain":{"name":"default","port_pair_groups":["$ppg"],"flow_classifiers":["$fc"],"chain_parameters":{"symmetric":true}}}""");
        return world;
    }

    /// <summary>Creates and remembers.</summary>
    public JsonObject Make(string name, string path, string body)
    {
        var answer = Send("POST", path, body);
        Assert.True(answer.Status == 201, $"{name}: {answer.Status} {answer.Body?.ToJsonString()}");
        var made = answer.Body!.AsObject().Single().Value!.AsObject();
        _ids[name] = made["id"]!.GetValue<string>();
        return made;
    }

    public ApiAnswer Send(string method, string path, string? body = null, string? ifMatch = null, Caller? caller = null)
    {
        var (before, query) = Resolve(path).Split('?') is [var alone] ? (alone, "") : (Resolve(path).Split('?')[0], Resolve(path).Split('?')[1]);
        return Network.Answer(new(method, before)
        {
            Body = body is null ? default : Encoding.UTF8.GetBytes(Resolve(body)),
            Query = [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => KeyValuePair.Create(
                Uri.UnescapeDataString(pair.Split('=')[0]), Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..])))],
            IfMatch = ifMatch,
            Caller = caller ?? new("p", true),
            Url = "http://sdn/v2.0/" + before,
        });
    }

    /// <summary>The one member of a good answer.</summary>
    public JsonNode Get(string path)
    {
        var answer = Send("GET", path);
        Assert.Equal(200, answer.Status);
        return answer.Body!.AsObject().First().Value!;
    }

    public static (string Type, string Message) ErrorOf(ApiAnswer answer)
    {
        var error = answer.Body!["NeutronError"]!;
        Assert.Equal("", error["detail"]!.GetValue<string>());
        return (error["type"]!.GetValue<string>(), error["message"]!.GetValue<string>());
    }

    public void Dispose() => Network.Dispose();

    private string Resolve(string text) => Name().Replace(text, match => _ids[match.Groups[1].Value]);

    [GeneratedRegex(@"\$([a-z0-9-]+)")]
    private static partial Regex Name();

    /// <summary>A store for tests that do not restart.</summary>
    private sealed class Forgetful : INetworkStore
    {
        public IEnumerable<Neutron.Resource> Load() => [];

        public event Action? News
        {
            add { }
            remove { }
        }

        public StoreNews TakeNews(TimeSpan patience) => StoreNews.None;

        public bool TryWrite(IReadOnlyList<Change> changes) => true;

        public void Dispose()
        {
        }
    }
}
