using System.CommandLine;
using System.Text.Json.Nodes;
using Demilune.Cli.Walk;
using Spectre.Console;

namespace Demilune.Cli.Observe;

/// <summary><c>demilune alerts</c>: what the firewalls found, with who, whom, which rule and the bytes that matched.</summary>
public static class AlertsCommand
{
    public static Command Create()
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new ones as they come." };
        var limit = new Option<int>("--limit", "-n") { Description = "How many of the newest.", DefaultValueFactory = _ => 20 };
        var command = new Command("alerts", "Shows the newest alerts, oldest first. EVE JSON with --json, for tools that read Suricata's.")
        {
            follow, limit, ControllerOptions.Json, ControllerOptions.Kubeconfig,
        };
        command.SetAction((parsed, stop) =>
        {
            var json = parsed.GetValue(ControllerOptions.Json);
            var path = $"v1/alerts?limit={parsed.GetValue(limit)}&follow={(parsed.GetValue(follow) ? "true" : "false")}";
            return ControllerOptions.ReadAsync(parsed, path, line => Print(line, json), stop);
        });
        return command;
    }

    private static void Print(string line, bool json)
    {
        if (json)
        {
            Console.WriteLine(line);
            return;
        }

        if (JsonNode.Parse(line) is not { } record || record["alert"] is not { } alert) return;
        var kubernetes = record["kubernetes"];
        var blocked = (string?)alert["action"] == "blocked";
        AnsiConsole.MarkupLineInterpolated(
            $"{(string?)record["timestamp"]} [{(blocked ? "red" : "yellow")}]{(blocked ? "BLOCKED" : "alert  ")}[/] {alert["signature_id"]} {(string?)alert["signature"]}");
        AnsiConsole.MarkupLineInterpolated(
            $"    {Who(kubernetes?["source"], record["src_ip"], record["src_port"])} → {Who(kubernetes?["destination"], record["dest_ip"], record["dest_port"])}  policy {(string?)kubernetes?["policy"] ?? "?"}{((string?)kubernetes?["mode"] == "Shadow" ? " (shadow: nothing was done)" : "")}");
        if (BlockStep.Matched(record) is { Length: > 0 } matched) AnsiConsole.MarkupLineInterpolated($"    [grey]{matched}[/]");
    }

    private static string Who(JsonNode? pod, JsonNode? address, JsonNode? port) =>
        pod is null ? $"{address}:{port}" : $"{pod["namespace"]}/{pod["pod"]} ({address}:{port})";
}
