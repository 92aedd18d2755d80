using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Controller.Rest;
using Demilune.Orchestrator.Jobs;

namespace Demilune.Controller.Events;

/// <summary>Finished jobs as OpenTelemetry traces: OTLP over HTTP in JSON, to a collector's <c>/v1/traces</c>. The job is the root span, each task that began one below it.</summary>
internal sealed class JobTraceOutput(Uri to, HttpClient client, TimeProvider time, ILogger<JobTraceOutput> log) : EventOutput($"otlp traces {to.GetLeftPart(UriPartial.Path)}", time, log)
{
    private const int Internal = 1, Ok = 1, Error = 2;

    protected override Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop) => PostedEvents.SendAsync(
        client, to.AbsolutePath is "/" or "" ? new Uri(to, "/v1/traces") : to,
        Format([.. lines.Select(line => JsonSerializer.Deserialize(line, OperationsJson.Default.Job)).OfType<Job>()]).ToJsonString(), "application/json", stop);

    /// <summary>Pure. The same job has the same identifiers however often it is sent.</summary>
    internal static JsonObject Format(IReadOnlyList<Job> jobs) => new()
    {
        ["resourceSpans"] = new JsonArray(new JsonObject
        {
            ["resource"] = new JsonObject { ["attributes"] = Attributes(("service.name", "demilune")) },
            ["scopeSpans"] = new JsonArray(new JsonObject
            {
                ["scope"] = new JsonObject { ["name"] = "demilune.jobs" },
                ["spans"] = new JsonArray([.. jobs.SelectMany(Spans)]),
            }),
        }),
    };

    private static IEnumerable<JsonNode> Spans(Job job)
    {
        var identity = string.Create(CultureInfo.InvariantCulture, $"{job.Id} {job.Subject} {job.Began.UtcTicks}");
        var (trace, root) = (Identifier(identity, 16), Identifier(identity + " root", 8));
        yield return Span(trace, root, null, job.Subject, job.Began, job.Ended ?? job.Began, job.State, job.Reason);
        foreach (var task in job.Tasks.Where(task => task.Began is not null))
            yield return Span(trace, Identifier($"{identity} {task.Name}", 8), root, task.Name, task.Began!.Value, task.Ended ?? job.Ended ?? task.Began.Value, task.State, task.Reason);
    }

    private static JsonObject Span(string trace, string id, string? parent, string name, DateTimeOffset began, DateTimeOffset ended, TaskState state, string reason)
    {
        var span = new JsonObject
        {
            ["traceId"] = trace, ["spanId"] = id, ["name"] = name, ["kind"] = Internal,
            ["startTimeUnixNano"] = Nanos(began), ["endTimeUnixNano"] = Nanos(ended),
            ["attributes"] = Attributes(("demilune.state", state.ToString()), ("demilune.reason", reason)),
            ["status"] = new JsonObject { ["code"] = state == TaskState.Failed ? Error : Ok },
        };
        if (parent is not null) span["parentSpanId"] = parent;
        return span;
    }

    private static string Identifier(string of, int bytes) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)).AsSpan(0, bytes));

    private static string Nanos(DateTimeOffset at) => ((at - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private static JsonArray Attributes(params ReadOnlySpan<(string Name, string Value)> all)
    {
        var array = new JsonArray();
        foreach (var (name, value) in all) array.Add((JsonNode)new JsonObject { ["key"] = name, ["value"] = new JsonObject { ["stringValue"] = value } });
        return array;
    }
}
