using Demilune.Contracts.Nodes;
using Demilune.Sdn.Topology;

namespace Demilune.Sdn.Tests.Api;

public sealed class ProviderNetworkTests
{
    [Theory]
    [InlineData("""{"provider:network_type":"flat","provider:physical_network":"wire"}""", "flat", "wire", null, 1500)]
    [InlineData("""{"provider:network_type":"vlan","provider:physical_network":"wire","provider:segmentation_id":7}""", "vlan", "wire", 7, 1500)]
    [InlineData("""{"provider:network_type":"vlan","provider:physical_network":"wire"}""", "vlan", "wire", 1, 1500)]
    [InlineData("""{"provider:network_type":"vxlan"}""", "vxlan", null, 1, 1450)]
    [InlineData("""{"provider:network_type":"vxlan","provider:segmentation_id":16777215,"mtu":1400}""", "vxlan", null, 16777215, 1400)]
    [InlineData("""{"provider:network_type":"local"}""", "local", null, null, 1500)]
    [InlineData("{}", "demilune", null, 1, 1500)]
    public void What_is_said_of_the_wire_is_kept_and_completed(string said, string type, string? wire, int? id, int mtu)
    {
        using var world = new World();
        world.Make("net", "networks", $$"""{"network":{{said}}}""");
        var shown = world.Get("networks/$net");
        Assert.Equal((type, wire, id, mtu), (shown["provider:network_type"]?.GetValue<string>(), shown["provider:physical_network"]?.GetValue<string>(), shown["provider:segmentation_id"]?.GetValue<int>(), shown["mtu"]!.GetValue<int>()));
        Assert.Null(shown["demilune:number"]);
    }

    [Theory]
    [InlineData("""{"provider:network_type":"flat"}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"flat","provider:physical_network":"wire","provider:segmentation_id":1}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"flat","provider:physical_network":"taken"}""", 409, "FlatNetworkInUse")]
    [InlineData("""{"provider:network_type":"vlan","provider:segmentation_id":7}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"vlan","provider:physical_network":"wire","provider:segmentation_id":4095}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"vlan","provider:physical_network":"taken","provider:segmentation_id":7}""", 409, "VlanIdInUse")]
    [InlineData("""{"provider:network_type":"vxlan","provider:physical_network":"wire"}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"vxlan","provider:segmentation_id":7}""", 409, "TunnelIdInUse")]
    [InlineData("""{"provider:network_type":"local","provider:segmentation_id":7}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"demilune","provider:segmentation_id":7}""", 400, "InvalidInput")]
    [InlineData("""{"provider:physical_network":"wire"}""", 400, "InvalidInput")]
    [InlineData("""{"provider:network_type":"token ring"}""", 400, "InvalidInput")]
    public void What_makes_no_sense_or_is_taken_is_refused(string said, int status, string type)
    {
        using var world = new World();
        world.Make("flat", "networks", """{"network":{"provider:network_type":"flat","provider:physical_network":"taken"}}""");
        world.Make("vlan", "networks", """{"network":{"provider:network_type":"vlan","provider:physical_network":"taken","provider:segmentation_id":7}}""");
        world.Make("vxlan", "networks", """{"network":{"provider:network_type":"vxlan","provider:segmentation_id":7}}""");
        var answer = world.Send("POST", "networks", $$"""{"network":{{said}}}""");
        Assert.Equal((status, type), (answer.Status, World.ErrorOf(answer).Type));
    }

    [Fact]
    public void The_number_in_the_datapath_is_a_networks_own_whatever_its_wire_is_called()
    {
        using var world = new World();
        foreach (var (name, said) in ((string, string)[])
            [("one", """{"provider:network_type":"vlan","provider:physical_network":"a","provider:segmentation_id":7}"""), ("two", """{"provider:network_type":"vlan","provider:physical_network":"b","provider:segmentation_id":7}"""), ("three", "{}")])
        {
            world.Make(name, "networks", $$"""{"network":{{said}}}""");
            world.Make(name + "-port", "ports", $$$"""{"port":{"network_id":"${{{name}}}","binding:host_id":"n1"}}""");
        }
        var numbers = world.Network.Compose("n1", NodeSupplement.Empty).Ports.Select(port => port.Network).ToList();
        Assert.Equal(3, numbers.Distinct().Count());
        Assert.DoesNotContain(0u, numbers);
    }

    [Fact]
    public void A_subport_inherits_the_vlan_of_its_network_and_no_other_kind_of_number()
    {
        using var world = new World();
        world.Make("wire", "networks", """{"network":{"provider:network_type":"vlan","provider:physical_network":"a","provider:segmentation_id":7}}""");
        world.Make("plain", "networks", """{"network":{}}""");
        foreach (var (name, network) in ((string, string)[])[("parent", "plain"), ("child", "wire"), ("stranger", "plain")])
            world.Make(name, "ports", $$$"""{"port":{"network_id":"${{{network}}}"}}""");
        var trunk = world.Make("trunk", "trunks", """{"trunk":{"port_id":"$parent","sub_ports":[{"port_id":"$child","segmentation_type":"inherit"}]}}""");
        Assert.Equal(("vlan", 7), (trunk["sub_ports"]![0]!["segmentation_type"]!.GetValue<string>(), trunk["sub_ports"]![0]!["segmentation_id"]!.GetValue<int>()));
        var answer = world.Send("PUT", "trunks/$trunk/add_subports", """{"sub_ports":[{"port_id":"$stranger","segmentation_type":"inherit"}]}""");
        Assert.Equal((400, "InvalidInput"), (answer.Status, World.ErrorOf(answer).Type));
    }
}
