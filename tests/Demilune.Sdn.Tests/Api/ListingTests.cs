using System.Text.Json.Nodes;

namespace Demilune.Sdn.Tests.Api;

public sealed class ListingTests
{
    [Fact]
    public void Whoever_follows_the_links_to_the_empty_page_comes_back_the_same_way()
    {
        using var world = World();
        var there = new List<string>();
        var page = Page(world, "networks?limit=1&sort_key=name&sort_dir=asc");
        for (; page["networks"]!.AsArray().Count > 0; page = Page(world, Link(page, "next"))) there.Add(Name(page));
        Assert.DoesNotContain(page["networks_links"]!.AsArray(), link => link!["rel"]!.GetValue<string>() == "next");
        var back = new List<string>();
        for (page = Page(world, Link(page, "previous")); page["networks"]!.AsArray().Count > 0; page = Page(world, Link(page, "previous"))) back.Add(Name(page));
        Assert.Equal(["a", "b", "c"], there);
        Assert.Equal(["c", "b", "a"], back);
    }

    [Fact]
    public void Links_are_by_id_even_where_ids_were_not_asked_for()
    {
        using var world = World();
        var page = Page(world, "networks?limit=2&sort_key=name&sort_dir=asc&fields=name");
        Assert.Equal(["name"], page["networks"]![0]!.AsObject().Select(member => member.Key));
        Assert.Equal("c", Name(Page(world, Link(page, "next"))));
    }

    [Fact]
    public void A_page_begins_behind_something_that_is_no_longer_in_the_list_and_not_behind_what_never_was()
    {
        using var world = World();
        world.Send("PUT", "networks/$b", """{"network":{"admin_state_up":false}}""");
        Assert.Equal("c", Name(Page(world, $"networks?limit=1&sort_key=name&sort_dir=asc&admin_state_up=true&marker={world["b"]}")));
        Assert.Equal(404, world.Send("GET", $"networks?limit=1&marker={world["absent"]}").Status);
    }

    [Fact]
    public void Subnets_are_found_by_whether_their_network_is_shared()
    {
        using var world = World();
        world.Send("PUT", "networks/$a", """{"network":{"shared":true}}""");
        foreach (var name in (string[])["a", "b"]) world.Make("subnet-" + name, "subnets", $$$"""{"subnet":{"network_id":"${{{name}}}","ip_version":4,"cidr":"10.0.0.0/24"}}""");
        Assert.Equal([world["subnet-a"]], world.Get("subnets?shared=true").AsArray().Select(subnet => subnet!["id"]!.GetValue<string>()));
        Assert.Equal([world["subnet-b"]], world.Get("subnets?shared=false").AsArray().Select(subnet => subnet!["id"]!.GetValue<string>()));
    }

    private static World World()
    {
        var world = new World();
        foreach (var name in (string[])["c", "a", "b"]) world.Make(name, "networks", $$$"""{"network":{"name":"{{{name}}}"}}""");
        return world;
    }

    private static JsonObject Page(World world, string path)
    {
        var answer = world.Send("GET", path);
        Assert.Equal(200, answer.Status);
        return answer.Body!.AsObject();
    }

    private static string Name(JsonObject page) => Assert.Single(page["networks"]!.AsArray())!["name"]!.GetValue<string>();

    private static string Link(JsonObject page, string rel) =>
        page["networks_links"]!.AsArray().Single(link => link!["rel"]!.GetValue<string>() == rel)!["href"]!.GetValue<string>()["http://sdn/v2.0/".Length..];
}
