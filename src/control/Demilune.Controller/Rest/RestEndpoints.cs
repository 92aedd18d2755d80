using System.Globalization;
using System.Text;
using Demilune.Controller.Events;
using Demilune.Controller.Hosting;
using Demilune.Controller.Nodes;
using Demilune.Controller.Observability;
using Google.Protobuf;

namespace Demilune.Controller.Rest;

/// <summary>What the command line and probes ask. All but what <see cref="Actions"/> maps is read-only.</summary>
internal static class RestEndpoints
{
    private const int DefaultLimit = 100;

    private static readonly JsonFormatter Protobuf = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static void MapRest(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", context => context.Response.WriteAsync("ok\n"));
        routes.MapGet("/readyz", ReadyAsync);
        routes.MapGet("/metrics", context => Metrics.WriteAsync(context));
        routes.MapActions();
        routes.MapGet("/v1/status", StatusAsync);
        routes.MapGet("/v1/topology", TopologyAsync);
        routes.MapReading();
        routes.MapGet("/v1/alerts", context => LinesAsync(context, context.RequestServices.GetRequiredService<EventRing>()));
        routes.MapGet("/v1/flows", context => LinesAsync(context, context.RequestServices.GetRequiredKeyedService<EventRing>("flows")));
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var missing = context.RequestServices.GetServices<IReadiness>().Select(part => part.Missing).OfType<string>().ToList();
        context.Response.StatusCode = missing.Count == 0 ? 200 : 503;
        await context.Response.WriteAsync(missing.Count == 0 ? "ok\n" : string.Join('\n', missing) + "\n");
    }

    private static async Task StatusAsync(HttpContext context)
    {
        var nodes = context.RequestServices.GetRequiredService<NodeRegistry>().Report().Select(report =>
            $$"""{"node":{{Quote(report.Node)}},"attached":{{(report.Attached ? "true" : "false")}},"observedAt":{{Quote(report.ObservedAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture))}},"observation":{{(report.Observation is null ? "null" : Protobuf.Format(report.Observation))}}}""");
        var options = context.RequestServices.GetRequiredService<ControllerOptions>();
        await JsonAsync(context, $$"""{"version":{{Quote(Program.Version)}},"cluster":{{Quote(options.ClusterName)}},"nodes":[{{string.Join(',', nodes)}}]}""");
    }

    /// <summary>Each known node's desired state; ?node= for one.</summary>
    private static async Task TopologyAsync(HttpContext context)
    {
        var states = context.RequestServices.GetRequiredService<NodeStates>();
        var known = context.RequestServices.GetRequiredService<NodeRegistry>().Report().Select(report => report.Node);
        var wanted = context.Request.Query["node"] is [{ Length: > 0 } one] ? [one] : known;
        var nodes = wanted.Select(node => $$"""{"node":{{Quote(node)}},"state":{{(states.Compose(node) is { } state ? Protobuf.Format(state) : "null")}}}""");
        await JsonAsync(context, $$"""{"nodes":[{{string.Join(',', nodes)}}]}""");
    }

    /// <summary>Newline-delimited JSON: the last ?limit= lines, and with ?follow=true all that come until the client goes.</summary>
    private static async Task LinesAsync(HttpContext context, EventRing ring)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query["limit"] is [{ } text] && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync($"limit must be a number, not '{text}'.\n");
            return;
        }
        var follow = query["follow"] is ["true" or "1"];
        context.Response.ContentType = "application/x-ndjson";
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            var (lines, next) = ring.Newest(limit);
            await WriteAsync(context, lines, end.Token);
            while (follow)
            {
                (lines, next) = await ring.AfterAsync(next, end.Token);
                await WriteAsync(context, lines, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went, or we stop.
        }
    }

    private static async Task WriteAsync(HttpContext context, IReadOnlyList<string> lines, CancellationToken ct)
    {
        foreach (var line in lines) await context.Response.WriteAsync(line + "\n", ct);
        await context.Response.Body.FlushAsync(ct);
    }

    private static string Quote(string? text) => text is null ? "null" : $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";

    private static async Task JsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json + "\n"), context.RequestAborted);
    }
}
