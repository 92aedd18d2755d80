using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Observability;

namespace Demilune.Controller.Tests.Observability;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task What_nodes_observe_is_told_in_the_form_that_is_asked_for()
    {
        await using var controller = await RunningController.StartAsync();
        var text = await ObservedAsync(controller, "text/plain");
        Assert.Contains("demilune_firewall_deaths_total{node=\"n1\",pod=\"demilune-system/fw\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("demilune_firewall_last_decision_seconds{node=\"n1\",pod=\"demilune-system/fw\"} 0.1107\n", text, StringComparison.Ordinal);
        Assert.Contains("demilune_firewall_decision_seconds_bucket{node=\"n1\",pod=\"demilune-system/fw\",le=\"0.12\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("demilune_firewall_decision_seconds_bucket{node=\"n1\",pod=\"demilune-system/fw\",le=\"0.1\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("demilune_packets_dropped_closed_total{node=\"n1\",firewall=\"\",pod=\"uid\",engine=\"\"} 7\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE demilune_flows_spliced_total counter\n", text, StringComparison.Ordinal);

        var open = await ObservedAsync(controller, "application/openmetrics-text; version=1.0.0");
        Assert.EndsWith("# EOF\n", open, StringComparison.Ordinal);
        Assert.Contains("# TYPE demilune_flows_spliced counter\n", open, StringComparison.Ordinal);
        // Each family once, its samples right behind its head, no blank line.
        Assert.DoesNotContain("\n\n", open, StringComparison.Ordinal);
        var families = open.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).ToList();
        Assert.Equal(families.Count, families.Distinct().Count());
    }

    [Theory]
    [InlineData("grafana-dashboard.json")]
    [InlineData("prometheus-rules.yaml")]
    public async Task Whatever_dashboards_and_rules_name_exists(string file)
    {
        await using var controller = await RunningController.StartAsync();
        var there = Name().Matches(await ObservedAsync(controller, "text/plain")).Select(match => match.Value).ToHashSet();
        var named = Name().Matches(await File.ReadAllTextAsync(Path.Combine(Folder(), file))).Select(match => match.Value).Where(name => name.Contains('_', StringComparison.Ordinal)).ToHashSet();
        Assert.NotEmpty(named);
        // An output has samples only where one is configured; its family is told all the same.
        Assert.Empty(named.Except(there));
    }

    private static async Task<string> ObservedAsync(RunningController controller, string accept)
    {
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        var observation = new NodeObservation
        {
            Traffic = new() { FlowsSpliced = 3 },
            Ports = { new PortObservation { PortId = "p", Active = false } },
            Firewalls = { new FirewallObservation { PodUid = "uid", DroppedClosed = 7, Policies = { new LoadedPolicy { Name = "web", Rules = 5, Ok = true } } } },
            Transitions = { new Transition { FirewallPod = "demilune-system/fw", Alive = false, DecisionMicros = 110_700 } },
        };
        using var rest = controller.Rest;
        rest.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        if (!(await rest.GetStringAsync("metrics")).Contains("demilune_firewall_deaths_total{", StringComparison.Ordinal)) await agent.SayAsync(new() { Observation = observation });
        for (var i = 0; ; i++, await Task.Delay(20))
            if (await rest.GetStringAsync("metrics") is var text && (text.Contains("demilune_firewall_deaths_total{", StringComparison.Ordinal) || i > 1000)) return text;
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "deploy", "observability"));

    [GeneratedRegex("demilune_[a-z_]+[a-z]")]
    private static partial Regex Name();
}
