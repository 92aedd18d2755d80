using System.Text.Json.Nodes;

namespace Demilune.Cli.Walk;

/// <summary>The kernel's counters of one node, at one moment.</summary>
internal sealed record Traffic(long FlowsDirect, long FlowsSpliced, long FlowsDenied, long IntoIn, long OutOfOut, long IntoOut, long OutOfIn, long DroppedClosed, long PassedOpen)
{
    /// <summary>Waits for the next observation, so that it speaks of what was done before the call.</summary>
    public static async Task<Traffic> ReadAsync(Scene scene, CancellationToken stop)
    {
        await Task.Delay(700, stop);
        return Of(await scene.Evidence.StatusAsync(stop));
    }

    internal static Traffic Of(JsonNode status)
    {
        JsonNode?[] observations = [.. status["nodes"]!.AsArray().Select(node => node!["observation"])];
        var traffic = observations.Select(observation => observation?["traffic"]).ToArray();
        var firewalls = observations.SelectMany(observation => observation?["firewalls"]?.AsArray() ?? []).ToArray();
        return new(
            Sum(traffic, "flowsDirect"), Sum(traffic, "flowsSpliced"), Sum(traffic, "flowsDenied"),
            Sum(firewalls, "framesToIn"), Sum(firewalls, "framesFromOut"), Sum(firewalls, "framesToOut"), Sum(firewalls, "framesFromIn"),
            Sum(firewalls, "droppedClosed"), Sum(firewalls, "passedOpen"));
    }

    // Protobuf's JSON writes 64-bit numbers as strings and leaves zeros out.
    private static long Sum(IEnumerable<JsonNode?> nodes, string name) =>
        nodes.Sum(node => long.TryParse(node?[name]?.ToString(), out var value) ? value : 0);
}
