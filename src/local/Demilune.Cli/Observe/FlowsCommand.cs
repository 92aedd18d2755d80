using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Demilune.Cli.Observe;

/// <summary><c>demilune flows</c>: who talks to whom, and by which way.</summary>
public static class FlowsCommand
{
    public static Command Create()
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new ones as they come." };
        var limit = new Option<int>("--limit", "-n") { Description = "How many of the newest events.", DefaultValueFactory = _ => 30 };
        var command = new Command("flows", "Shows flow events of the kernel: new, closed and denied flows; direct or spliced through a firewall.")
        {
            follow, limit, ControllerOptions.Json, ControllerOptions.Kubeconfig,
        };
        command.SetAction((parsed, stop) =>
        {
            var json = parsed.GetValue(ControllerOptions.Json);
            var path = $"v1/flows?limit={parsed.GetValue(limit)}&follow={(parsed.GetValue(follow) ? "true" : "false")}";
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

        if (JsonNode.Parse(line) is not { } flow) return;
        var at = long.TryParse(flow["atUnixMicros"]?.ToString(), out var micros) ? DateTimeOffset.UnixEpoch.AddMicroseconds(micros) : default;
        // Protobuf's JSON leaves out what is zero: NEW and DIRECT.
        var verdict = (string?)flow["verdict"] ?? "DIRECT";
        var colour = verdict switch { "DENIED" => "red", "OPEN" => "yellow", "SPLICED" => "green", _ => "grey" };
        AnsiConsole.MarkupLineInterpolated(
            $"{at:HH:mm:ss.fff} {(string?)flow["kind"] ?? "NEW",-5} [{colour}]{verdict,-8}[/] {Who(flow, "source")} → {Who(flow, "destination")} {Protocol(flow)} {(string?)flow["reason"]}{Judges(flow)}");
    }

    /// <summary>Who judges it; nothing for a flow that nobody does.</summary>
    private static string Judges(JsonNode flow)
    {
        IEnumerable<string> names = [.. Names("policies"), .. Names("shadows").Select(name => $"shadow {name}")];
        return names.Any() ? "judged by " + string.Join(", ", names) : "";

        IEnumerable<string> Names(string member) => (flow[member] as JsonArray ?? []).Select(name => name?.ToString() ?? "");
    }

    private static string Who(JsonNode flow, string side)
    {
        var pod = (string?)flow[side + "Pod"];
        return $"{(string.IsNullOrEmpty(pod) ? flow[side]?.ToString() : pod)}:{flow[side + "Port"]?.ToString() ?? "0"}";
    }

    private static string Protocol(JsonNode flow) => flow["protocol"]?.ToString() switch
    {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmp6",
        "132" => "sctp",
        var other => $"ip-{other}",
    };
}
