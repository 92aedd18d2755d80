using System.Text.Json.Nodes;

namespace Demilune.Sdn.Tests.Api;

public sealed class ResourceTests
{
    [Fact]
    public void A_port_gets_an_address_of_each_family_a_mac_and_the_default_group()
    {
        using var world = World.Standard();
        var port = world.Make("p", "ports", """{"port":{"network_id":"$net"}}""");
        Assert.Equal(["10.9.0", "fd09::"], port["fixed_ips"]!.AsArray().Select(ip => ip!["ip_address"]!.GetValue<string>()[..6]));
        Assert.StartsWith("fa:16:3e:", port["mac_address"]!.GetValue<string>());
        Assert.Equal("DOWN", port["status"]!.GetValue<string>());
        Assert.Equal("unbound", port["binding:vif_type"]!.GetValue<string>());
        var group = world.Get("security-groups/" + port["security_groups"]!.AsArray().Single());
        Assert.Equal("default", group["name"]!.GetValue<string>());
        Assert.Equal(4, group["security_group_rules"]!.AsArray().Count);
    }

    [Fact]
    public void A_freed_address_is_not_given_out_again_at_once()
    {
        using var world = World.Standard();
        var first = world.Make("a", "ports", """{"port":{"network_id":"$net"}}""")["fixed_ips"]![0]!["ip_address"]!.GetValue<string>();
        world.Send("DELETE", "ports/$a");
        var second = world.Make("b", "ports", """{"port":{"network_id":"$net"}}""")["fixed_ips"]![0]!["ip_address"]!.GetValue<string>();
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_bound_port_says_how_and_a_moved_one_is_down()
    {
        using var world = World.Standard();
        Assert.Equal("demilune", world.Get("ports/$web")["binding:vif_type"]!.GetValue<string>());
        world.Network.SetPortStatus("n1", [(world["web"], true)]);
        Assert.Equal("ACTIVE", world.Get("ports/$web")["status"]!.GetValue<string>());
        world.Send("PUT", "ports/$web", """{"port":{"binding:host_id":"n2"}}""");
        Assert.Equal("DOWN", world.Get("ports/$web")["status"]!.GetValue<string>());
    }

    [Fact]
    public void A_node_judges_its_own_ports_only()
    {
        using var world = World.Standard();
        world.Network.SetPortStatus("n2", [(world["web"], true), (world["absent"], true)]);
        Assert.Equal("DOWN", world.Get("ports/$web")["status"]!.GetValue<string>());
    }

    [Fact]
    public void Many_are_made_at_once_or_none()
    {
        using var world = World.Standard();
        var count = world.Get("ports").AsArray().Count;
        Assert.Equal(409, world.Send("POST", "ports",
            """{"ports":[{"network_id":"$net"},{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.0.2"}]}]}""").Status);
        Assert.Equal(count, world.Get("ports").AsArray().Count);
        var made = world.Send("POST", "ports", """{"ports":[{"network_id":"$net","tags":["t"]},{"network_id":"$net"}]}""").Body!["ports"]!.AsArray();
        Assert.Equal(["t"], made[0]!["tags"]!.AsArray().Select(tag => tag!.GetValue<string>()));
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public void Lists_are_filtered_ordered_paged_and_cut_to_fields()
    {
        using var world = new World();
        foreach (var name in (string[])["c", "a", "d", "b"]) world.Make(name, "networks", $$$"""{"network":{"name":"{{{name}}}"}}""");
        var names = new List<string>();
        for (var path = "networks?limit=3&sort_key=name&sort_dir=desc&fields=name&fields=id"; path is not null;)
        {
            var answer = world.Send("GET", path).Body!;
            foreach (var network in answer["networks"]!.AsArray()) names.Add(network!["name"]!.GetValue<string>());
            Assert.All(answer["networks"]!.AsArray(), network => Assert.Equal(2, network!.AsObject().Count));
            path = answer["networks_links"]?.AsArray().FirstOrDefault(link => link!["rel"]!.GetValue<string>() == "next")?["href"]!
                .GetValue<string>().Replace("http://sdn/v2.0/", "");
        }
        Assert.Equal(["d", "c", "b", "a"], names);
        Assert.Equal(2, world.Get("networks?name=a&name=b").AsArray().Count);
        Assert.Equal(4, world.Get("networks?admin_state_up=True").AsArray().Count);
        Assert.Empty(world.Get("networks?admin_state_up=false").AsArray());
        Assert.Single(world.Get("networks?id=$a").AsArray());
    }

    [Fact]
    public void Ports_are_found_by_what_they_hold()
    {
        using var world = World.Standard();
        Assert.Equal(2, world.Get("ports?device_id=fw").AsArray().Count);
        var address = world.Get("ports/$web")["fixed_ips"]![0]!["ip_address"]!.GetValue<string>();
        Assert.Equal(world["web"], world.Get($"ports?fixed_ips=ip_address%3D{address}").AsArray().Single()!["id"]!.GetValue<string>());
        Assert.Equal(2, world.Get("ports?security_groups=$sg-used").AsArray().Count);
    }

    [Fact]
    public void Tags_come_go_and_find()
    {
        using var world = World.Standard();
        Assert.Equal(200, world.Send("PUT", "networks/$net/tags", """{"tags":["a","b"]}""").Status);
        Assert.Equal(201, world.Send("PUT", "networks/$net/tags/c").Status);
        Assert.Equal(204, world.Send("GET", "networks/$net/tags/c").Status);
        Assert.Equal(204, world.Send("DELETE", "networks/$net/tags/a").Status);
        Assert.Equal(["b", "c"], world.Get("networks/$net/tags").AsArray().Select(tag => tag!.GetValue<string>()));
        Assert.Single(world.Get("networks?tags=b,c").AsArray());
        Assert.Single(world.Get("networks?tags-any=b,z").AsArray());
        Assert.Empty(world.Get("networks?tags=b,z").AsArray());
        Assert.Single(world.Get("networks?not-tags=b").AsArray());
    }

    [Fact]
    public void A_revision_grows_with_the_object_and_with_what_belongs_to_it()
    {
        using var world = World.Standard();
        var before = Revision();
        world.Make("more", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg","direction":"egress","protocol":"udp"}}""");
        Assert.True(Revision() > before);
        Assert.Equal(200, world.Send("PUT", "security-groups/$sg", """{"security_group":{"name":"x"}}""", $"revision_number={Revision()}").Status);

        long Revision() => world.Get("security-groups/$sg")["revision_number"]!.GetValue<long>();
    }

    [Fact]
    public void An_address_group_changes_by_its_members_only()
    {
        using var world = World.Standard();
        Assert.Equal(200, world.Send("PUT", "address-groups/$ag/add_addresses", """{"addresses":["10.3.0.1","fd00::1/128"]}""").Status);
        Assert.Equal(200, world.Send("PUT", "address-groups/$ag/remove_addresses", """{"addresses":["10.1.0.0/16"]}""").Status);
        Assert.Equal(["10.2.0.1/32", "10.3.0.1/32", "fd00::1/128"],
            world.Get("address-groups/$ag")["addresses"]!.AsArray().Select(address => address!.GetValue<string>()));
    }

    [Fact]
    public void What_was_made_can_be_unmade_in_the_right_order()
    {
        using var world = World.Standard();
        foreach (var path in (string[])
            ["sfc/port_chains/$chain", "sfc/flow_classifiers/$fc", "sfc/port_pair_groups/$ppg", "sfc/port_pairs/$pp", "ports/$in", "ports/$out", "ports/$web"])
        {
            Assert.Equal(204, world.Send("DELETE", path).Status);
            Assert.Equal(404, world.Send("DELETE", path).Status);
        }
    }

    [Fact]
    public void Every_announced_attribute_is_in_the_answer_even_if_nothing_was_said()
    {
        using var world = World.Standard();
        var classifier = world.Get("sfc/flow_classifiers/$fc").AsObject();
        Assert.True(classifier.ContainsKey("destination_ip_prefix"));
        Assert.Null(classifier["destination_ip_prefix"]);
        Assert.IsType<JsonObject>(classifier["l7_parameters"]);
        Assert.Equal(classifier["project_id"]!.ToString(), classifier["tenant_id"]!.ToString());
    }

    [Fact]
    public void What_is_served_is_announced()
    {
        using var world = new World();
        var aliases = world.Get("extensions").AsArray().Select(extension => extension!["alias"]!.GetValue<string>()).ToList();
        Assert.Superset(new HashSet<string> { "sfc", "flow_classifier", "address-group", "demilune-classifier-policy", "demilune-classifier-address-group" }, aliases.ToHashSet());
        Assert.Equal("sfc", world.Get("extensions/sfc")["alias"]!.GetValue<string>());
        Assert.Equal(10, world.Get("quotas/p")["port_chain"]!.GetValue<int>());
        Assert.Equal(1_000, world.Get("quotas/fake_project_id")["port_chain"]!.GetValue<int>());
    }
}
