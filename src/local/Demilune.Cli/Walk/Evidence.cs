using System.Text.Json.Nodes;

namespace Demilune.Cli.Walk;

/// <summary>What the controller's REST API has to show.</summary>
public sealed class Evidence(Uri rest) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = rest, Timeout = TimeSpan.FromSeconds(10) };

    public async Task<JsonNode> StatusAsync(CancellationToken stop) =>
        JsonNode.Parse(await _client.GetStringAsync(new Uri("/v1/status", UriKind.Relative), stop))!;

    /// <summary>The newest alerts, oldest first.</summary>
    public async Task<IReadOnlyList<JsonNode>> AlertsAsync(CancellationToken stop)
    {
        var lines = await _client.GetStringAsync(new Uri("/v1/alerts?limit=500", UriKind.Relative), stop);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
            .Where(record => (string?)record["event_type"] == "alert")];
    }

    public void Dispose() => _client.Dispose();
}
