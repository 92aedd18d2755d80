using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Controller.Events;

/// <summary>Alerts by POST, as lines of JSON (application/x-ndjson).</summary>
internal sealed class WebhookOutput(Uri to, HttpClient client, TimeProvider time, ILogger<WebhookOutput> log) : EventOutput($"webhook {to.GetLeftPart(UriPartial.Path)}", time, log)
{
    protected override Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop) =>
        PostedEvents.SendAsync(client, to, string.Join('\n', lines) + "\n", "application/x-ndjson", stop);
}

/// <summary>Alerts as OpenTelemetry logs: OTLP over HTTP in JSON (opentelemetry-proto 1.x), to a collector's <c>/v1/logs</c>.</summary>
internal sealed class OtlpOutput(Uri to, HttpClient client, TimeProvider time, ILogger<OtlpOutput> log) : EventOutput($"otlp {to.GetLeftPart(UriPartial.Path)}", time, log)
{
    private const int Info = 9, Warn = 13;

    private readonly TimeProvider _time = time;

    protected override Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop) => PostedEvents.SendAsync(
        client, to.AbsolutePath is "/" or "" ? new Uri(to, "/v1/logs") : to, Format(lines, _time.GetUtcNow()).ToJsonString(), "application/json", stop);

    /// <summary>Pure.</summary>
    internal static JsonObject Format(IReadOnlyList<string> lines, DateTimeOffset observed) => new()
    {
        ["resourceLogs"] = new JsonArray(new JsonObject
        {
            ["resource"] = new JsonObject { ["attributes"] = new JsonArray(Attribute("service.name", "demilune")) },
            ["scopeLogs"] = new JsonArray(new JsonObject
            {
                ["scope"] = new JsonObject { ["name"] = "demilune.alerts" },
                ["logRecords"] = new JsonArray([.. lines.Select(line => (JsonNode)Record(line, observed))]),
            }),
        }),
    };

    private static JsonObject Record(string line, DateTimeOffset observed)
    {
        var record = JsonNode.Parse(line) as JsonObject ?? [];
        var at = DateTimeOffset.TryParse(Text(record["timestamp"]), CultureInfo.InvariantCulture, out var moment) ? moment : observed;
        var (alert, ends) = (record["alert"] as JsonObject, record["kubernetes"] as JsonObject);
        var (source, destination) = (ends?["source"] as JsonObject, ends?["destination"] as JsonObject);
        (string Name, JsonNode? Value)[] attributes =
        [
            ("event.name", record["event_type"]), ("source.address", record["src_ip"]), ("source.port", record["src_port"]), ("destination.address", record["dest_ip"]),
            ("destination.port", record["dest_port"]), ("demilune.policy", ends?["policy"]), ("demilune.action", alert?["action"]),
            ("demilune.signature.id", alert?["signature_id"]), ("demilune.signature", alert?["signature"]), ("demilune.source.namespace", source?["namespace"]),
            ("demilune.source.pod", source?["pod"]), ("demilune.destination.namespace", destination?["namespace"]), ("demilune.destination.pod", destination?["pod"]),
        ];
        var blocked = Text(alert?["action"]) == "blocked";
        return new JsonObject
        {
            ["timeUnixNano"] = Nanos(at), ["observedTimeUnixNano"] = Nanos(observed), ["severityNumber"] = blocked ? Warn : Info, ["severityText"] = blocked ? "WARN" : "INFO",
            ["body"] = new JsonObject { ["stringValue"] = line },
            ["attributes"] = new JsonArray([.. attributes.Where(one => one.Value is JsonValue).Select(one => (JsonNode)Attribute(one.Name, one.Value!.ToString()))]),
        };
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static string Nanos(DateTimeOffset at) => ((at - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private static JsonObject Attribute(string name, string value) => new() { ["key"] = name, ["value"] = new JsonObject { ["stringValue"] = value } };
}

internal static class PostedEvents
{
    /// <exception cref="IOException">The receiver refused; the message has its status.</exception>
    public static async Task SendAsync(HttpClient client, Uri to, string body, string type, CancellationToken stop)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var response = await client.PostAsync(to, content, stop);
        if (!response.IsSuccessStatusCode) throw new IOException($"{to.GetLeftPart(UriPartial.Path)} answered {(int)response.StatusCode}");
    }
}
