using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;
using k8s.Models;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Design;

/// <summary>A policy speaks of pods, its pods speak to Services.</summary>
public sealed class ServiceTests
{
    [Theory]
    [InlineData("uid-web", 8080, true)]
    [InlineData("uid-web", 9090, false)]        // the policy allows 8080 of it
    [InlineData("uid-other", 8080, false)]      // one endpoint is a pod that the policy does not name …
    [InlineData("", 8080, false)]               // … or no pod at all
    public async Task A_service_is_open_if_all_that_is_behind_it_is(string second, int port, bool open)
    {
        var neutron = new InMemoryNeutron();
        var egress = new NetworkPolicy(
            new Name("shop", "client"), Select("app", "client"), [PolicyType.Egress], [],
            [PolicyRule.Of([new PolicyPeer.Pods(null, Select("app", "web"))], [new PolicyPort.Range(Protocol.Tcp, 8080, 8080)])], null);
        var facts = Shop([Pod("web", "web"), Pod("web2", "web"), Pod("other", "other"), Pod("client", "client")], [egress]) with
        {
            Services = [new ServiceFront(Address("10.96.0.10"), Protocol.Tcp, 80, [("uid-web2", 8080), (second, (ushort)port)])],
        };
        await ConvergeAsync(neutron, facts);
        var rules = neutron.All<SecurityGroup>().Single(group => group.Name == "shop/client").SecurityGroupRules!.Where(rule => rule.RemoteIpPrefix is not null).ToList();
        Assert.Equal(open ? 1 : 0, rules.Count);
        if (open)
            Assert.Equal(("egress", "tcp", 80, "10.96.0.10/32"), (rules[0].Direction, rules[0].Protocol, rules[0].PortRangeMin, rules[0].RemoteIpPrefix));
    }

    [Fact]
    public async Task A_block_of_addresses_opens_no_service()
    {
        var neutron = new InMemoryNeutron();
        var egress = new NetworkPolicy(
            new Name("shop", "client"), Select("app", "client"), [PolicyType.Egress], [], [PolicyRule.Of([new PolicyPeer.Block("10.244.0.0/16", [])], [])], "web");
        await ConvergeAsync(neutron, Shop([Pod("web", "web"), Pod("client", "client")], [egress], [Web()], Firewall("fw")) with
        {
            Services = [new ServiceFront(Address("10.96.0.10"), Protocol.Tcp, 80, [("uid-web", 8080)])],
        });
        Assert.DoesNotContain(neutron.All<SecurityGroup>().SelectMany(group => group.SecurityGroupRules!), rule => rule.RemoteIpPrefix == "10.96.0.10/32");
    }

    [Fact]
    public void Fronts_are_the_addresses_and_ports_of_services_with_endpoints()
    {
        V1Service Service(string name, params string[] addresses) => new()
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "shop" },
            Spec = new V1ServiceSpec
            {
                ClusterIPs = addresses,
                Ports = [new V1ServicePort { Name = "http", Port = 80, TargetPort = "web" }, new V1ServicePort { Name = "dns", Port = 53, Protocol = "UDP" }],
            },
        };
        var slice = new V1EndpointSlice
        {
            Metadata = new V1ObjectMeta { Name = "web-x", NamespaceProperty = "shop", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" } },
            Ports = [new Discoveryv1EndpointPort { Name = "http", Port = 8080 }],
            Endpoints =
            [
                new V1Endpoint { Addresses = ["10.244.0.7"], TargetRef = new V1ObjectReference { Kind = "Pod", Uid = "uid-web" } },
                new V1Endpoint { Addresses = ["192.0.2.1"] },
            ],
        };
        var fronts = ServiceReader.Read([Service("web", "10.96.0.10", "fd96::10"), Service("headless", "None"), Service("empty", "10.96.0.11")], [slice]);
        Assert.Equal(["10.96.0.10/32", "fd96::10/128"], fronts.Select(front => front.Address.ToString()).Order());
        Assert.All(fronts, front => Assert.Equal((Protocol.Tcp, 80), (front.Protocol, front.Port)));
        Assert.All(fronts, front => Assert.Equal([("", 8080), ("uid-web", 8080)], front.Backends.Select(backend => (backend.PodUid, (int)backend.Port))));
    }

    private static Prefix Address(string text) => Prefix.TryParse(text, out var address) ? address : throw new FormatException(text);
}
