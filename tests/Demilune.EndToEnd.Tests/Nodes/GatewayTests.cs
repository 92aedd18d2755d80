using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>The world and pods of several nodes, by a router's gateway on one of them: as an administrator sets it up, through Neutron's API.</summary>
public sealed class GatewayTests(GatewayTests.AllFixture fixture) : IClassFixture<GatewayTests.AllFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_floating_address_leads_to_a_pod_on_another_node()
    {
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        if (!Stage.IsAll) Assert.Skip("./test --all");
        using HttpClient http = new() { BaseAddress = new(fixture.Layout.Neutron, "v2.0/") };
        var pod = await fixture.StartAsync(fixture.Nodes[0], "shop", Stop);
        pod.Serve(80);
        // What the third node's uplink is on, beyond the nodes.
        var beyond = IPAddress.Parse("10.77.3.254");
        await using TestPod world = new("world", fixture.Router, [beyond]);
        world.Serve(8080);

        var subnets = await http.GetFromJsonAsync<JsonNode>("subnets?ip_version=4", Stop);
        var inside = subnets!["subnets"]!.AsArray().Single()!["id"]!.GetValue<string>();
        var outside = await MakeAsync("network", """{"name":"outside","router:external":true}""");
        await MakeAsync("subnet", $$"""{"network_id":"{{outside}}","ip_version":4,"cidr":"10.77.3.0/24","gateway_ip":"{{beyond}}","allocation_pools":[{"start":"10.77.3.100","end":"10.77.3.199"}]}""");
        var router = await MakeAsync("router", $$"""{"external_gateway_info":{"network_id":"{{outside}}"} }""");
        using (var joined = await http.PutAsJsonAsync($"routers/{router}/add_router_interface", new { subnet_id = inside }, Stop)) Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
        await IsActiveAsync("router", router);

        Assert.Equal(200, await pod.GetAsync(world, 8080, "/", v6: false, Stop));
        var ports = await http.GetFromJsonAsync<JsonNode>($"ports?fixed_ips=ip_address={pod.Address(false)}", Stop);
        var floating = await MakeAsync("floatingip", $$"""{"floating_network_id":"{{outside}}","floating_ip_address":"10.77.3.50","port_id":"{{ports!["ports"]![0]!["id"]}}"}""");
        await IsActiveAsync("floatingip", floating);
        await using TestPod byFloating = new("shop", pod.Netns, [IPAddress.Parse("10.77.3.50")]);
        Assert.Equal(200, await world.GetAsync(byFloating, 80, "/", v6: false, Stop));

        // The node's agent dies, the controller too: who was let through is, and what comes back finds what it made.
        fixture.Controller.Kill();
        fixture.Nodes[2].Agent.Kill();
        Assert.Equal(200, await world.GetAsync(byFloating, 80, "/", v6: false, Stop));
        fixture.Nodes[2].Agent.Start();
        await fixture.StartControllerAsync(Stop);
        await IsActiveAsync("floatingip", floating);
        Assert.Equal(200, await world.GetAsync(byFloating, 80, "/", v6: false, Stop));

        using (var gone = await http.DeleteAsync($"floatingips/{floating}", Stop)) Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        await Scene.UntilAsync("nobody has the floating address", async () => await world.GetAsync(byFloating, 80, "/", false, Stop, TimeSpan.FromSeconds(1)) == 0, Patience, Stop);

        async Task<string> MakeAsync(string kind, string attributes)
        {
            using var answer = await http.PostAsJsonAsync(kind + "s", new JsonObject { [kind] = JsonNode.Parse(attributes) }, Stop);
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
            return JsonNode.Parse(text)![kind]!["id"]!.GetValue<string>();
        }

        Task IsActiveAsync(string kind, string id) => Scene.UntilAsync($"{kind} {id} is ACTIVE", async () =>
            (await http.GetFromJsonAsync<JsonNode>($"{kind}s/{id}", Stop))![kind]!["status"]!.GetValue<string>() == "ACTIVE", Patience, Stop);
    }

    /// <summary>Only where what takes minutes is asked for.</summary>
    public sealed class AllFixture : NodesFixture
    {
        protected override bool IsNeeded => base.IsNeeded && Stage.IsAll;
    }
}
