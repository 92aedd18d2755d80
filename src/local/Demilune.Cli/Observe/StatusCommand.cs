using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Demilune.Cli.Observe;

/// <summary><c>demilune status</c>: nodes, firewalls and traffic as they were last observed.</summary>
public static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Shows what the nodes observe: attached pods, firewalls alive, traffic direct, spliced and denied.")
        {
            ControllerOptions.Json, ControllerOptions.Kubeconfig,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var text = new StringBuilder();
            var exit = await ControllerOptions.ReadAsync(parsed, "v1/status", line => text.AppendLine(line), stop);
            if (exit != 0) return exit;
            if (parsed.GetValue(ControllerOptions.Json)) Console.Write(text);
            else Print(JsonNode.Parse(text.ToString())!);
            return 0;
        });
        return command;
    }

    private static void Print(JsonNode status)
    {
        AnsiConsole.MarkupLineInterpolated($"controller {status["version"]}, cluster {status["cluster"]}");
        foreach (var node in status["nodes"]?.AsArray() ?? [])
        {
            var observation = node!["observation"];
            var ports = observation?["ports"]?.AsArray() ?? [];
            var attached = (bool?)node["attached"] == true ? "attached" : "[[AWAY]]";
            var active = ports.Count(port => (bool?)port!["active"] == true);
            AnsiConsole.MarkupLineInterpolated(
                $"[bold]node {node["node"]}[/] {attached}, observed {node["observedAt"]}, revision {observation?["appliedRevision"] ?? "0"}, {active} of {ports.Count} ports active");
            var traffic = observation?["traffic"];
            AnsiConsole.MarkupLineInterpolated($"  flows: {Count(traffic, "flowsDirect")} direct, {Count(traffic, "flowsSpliced")} spliced, {Count(traffic, "flowsDenied")} denied");
            AnsiConsole.MarkupLineInterpolated(
                $"  packets: {Count(traffic, "packetsDirect")} direct, {Count(traffic, "packetsSpliced")} spliced, {Count(traffic, "packetsBypassed")} released, {Count(traffic, "packetsDenied")} denied, {Count(traffic, "packetsMalformed")} malformed");
            foreach (var port in ports.Where(port => (bool?)port!["active"] != true))
                AnsiConsole.MarkupLineInterpolated($"  [yellow]port {port!["portId"]} is not active: {port["reason"]}[/]");
            foreach (var firewall in observation?["firewalls"]?.AsArray() ?? []) PrintFirewall(firewall!);
        }
    }

    private static void PrintFirewall(JsonNode firewall)
    {
        var alive = (bool?)firewall["alive"] == true;
        AnsiConsole.MarkupLineInterpolated(
            $"  firewall {firewall["podUid"]}: [{(alive ? "green" : "red")}]{(alive ? "alive" : "NOT ALIVE")}[/] {(string?)firewall["reason"]} engine {firewall["engineVersion"] ?? "not connected"}");
        AnsiConsole.MarkupLineInterpolated(
            $"    frames: in→out {Count(firewall, "framesToIn")}→{Count(firewall, "framesFromOut")}, out→in {Count(firewall, "framesToOut")}→{Count(firewall, "framesFromIn")}; dropped while dead {Count(firewall, "droppedClosed")}, passed uninspected {Count(firewall, "passedOpen")}");
        foreach (var policy in firewall["policies"]?.AsArray() ?? [])
        {
            AnsiConsole.MarkupLineInterpolated($"    policy {policy!["name"]}: {policy["rules"] ?? 0} rules{((bool?)policy["ok"] == true ? "" : ", NOT LOADED")}");
            foreach (var error in policy["errors"]?.AsArray() ?? []) AnsiConsole.MarkupLineInterpolated($"      [yellow]{error}[/]");
        }
    }

    private static string Count(JsonNode? of, string name) => of?[name]?.ToString() ?? "0";
}
