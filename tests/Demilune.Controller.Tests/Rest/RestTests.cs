using System.Net;
using System.Text.Json.Nodes;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Hosting;
using Demilune.Neutron;
using Microsoft.Extensions.DependencyInjection;
using Port = Demilune.Neutron.Port;

namespace Demilune.Controller.Tests.Rest;

public sealed class RestTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Alerts_are_kept_followed_and_written_but_only_if_they_are_one_line_of_json()
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        await agent.SayAsync(Eve("""{"n":1}"""));
        using var rest = controller.Rest;
        using var follow = await rest.GetAsync("v1/alerts?follow=true", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await follow.Content.ReadAsStreamAsync());
        Assert.Equal("""{"n":1}""", await lines.ReadLineAsync().WaitAsync(RunningController.Patience));
        await agent.SayAsync(Eve("not json", "{\"a\":1}\n{\"b\":2}", "[]", "{} {}", "{\"n\":", new string(' ', 300_000) + "{}", """{"n":2}"""));
        Assert.Equal("""{"n":2}""", await lines.ReadLineAsync().WaitAsync(RunningController.Patience));
        Assert.Contains("demilune_alerts_refused_total 6", await rest.GetStringAsync("metrics"));
        Assert.Equal("{\"n\":2}\n", await rest.GetStringAsync("v1/alerts?limit=1"));
        var file = Path.Combine(controller.Directory, "data", "eve.json");
        var kept = "";
        for (var i = 0; i < 500 && kept.Length < 16; i++, await Task.Delay(10)) kept = Events.EveFileTests.Read(file);
        Assert.Equal("{\"n\":1}\n{\"n\":2}\n", kept);
    }

    [Fact]
    public async Task A_flow_names_the_pods_of_both_sides()
    {
        await using var controller = await RunningController.StartAsync();
        var network = await controller.Neutron.CreateAsync(new Network(), Never);
        await controller.Neutron.CreateAsync(new Subnet { NetworkId = network.Id, IpVersion = 4, Cidr = "10.0.0.0/24" }, Never);
        var port = await controller.Neutron.CreateAsync(new Port { NetworkId = network.Id, Name = "shop/web" }, Never);
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        await agent.SayAsync(new()
        {
            Flows = new() { Events = { new FlowEvent { Network = 1, Source = "192.0.2.1", Destination = port.FixedIps!.Single().IpAddress, DestinationPort = 80 } } },
        });
        using var rest = controller.Rest;
        var text = "";
        for (var i = 0; i < 500 && text.Length == 0; i++, await Task.Delay(10)) text = await rest.GetStringAsync("v1/flows");
        var flow = JsonNode.Parse(text)!;
        Assert.Equal(("n1", "", "shop/web", 80), (flow["node"]!.ToString(), flow["sourcePod"]!.ToString(), flow["destinationPod"]!.ToString(), flow["destinationPort"]!.GetValue<int>()));
    }

    [Fact]
    public async Task It_is_ready_when_every_part_says_so()
    {
        var part = new Part { Missing = "pods are not yet listed" };
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton<IReadiness>(part));
        using var rest = controller.Rest;
        var before = await rest.GetAsync("readyz");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "pods are not yet listed\n"), (before.StatusCode, await before.Content.ReadAsStringAsync()));
        part.Missing = null;
        Assert.Equal("ok\n", await rest.GetStringAsync("readyz"));
        Assert.Equal("ok\n", await rest.GetStringAsync("healthz"));
    }

    [Fact]
    public async Task What_is_behind_one_door_is_not_behind_another()
    {
        await using var controller = await RunningController.StartAsync();
        using var rest = controller.Rest;
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("v2.0/networks")).StatusCode);
        using var neutron = new HttpClient { BaseAddress = controller[Door.Neutron] };
        neutron.DefaultRequestHeaders.Host = controller[Door.Rest].Authority;
        Assert.Equal(HttpStatusCode.NotFound, (await neutron.GetAsync("v1/status")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await neutron.GetAsync("v2.0/networks")).StatusCode);
    }

    [Fact]
    public async Task Status_topology_and_nonsense()
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        using var rest = controller.Rest;
        var status = JsonNode.Parse(await rest.GetStringAsync("v1/status"))!;
        Assert.Equal(("test", "n1", true), (status["cluster"]!.ToString(), status["nodes"]![0]!["node"]!.ToString(), status["nodes"]![0]!["attached"]!.GetValue<bool>()));
        Assert.NotNull(JsonNode.Parse(await rest.GetStringAsync("v1/topology"))!["nodes"]![0]!["state"]);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.GetAsync("v1/alerts?limit=many")).StatusCode);
    }

    private static FromNode Eve(params string[] lines) => new() { Eve = new() { Lines = { lines } } };

    private sealed class Part : IReadiness
    {
        public string? Missing { get; set; }
    }
}
