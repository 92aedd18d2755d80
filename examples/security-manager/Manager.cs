using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;

namespace Demilune.Examples.SecurityManager;

/// <summary>
/// As small as a security manager can be: each file NAME.rules of a directory is a policy. It serves them, calls back when a file changes, and shows
/// which pods of which cluster they protect.
/// </summary>
public static class Manager
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <param name="token">What clusters have to send; null: anything goes.</param>
    /// <param name="callback">Where the controller takes callbacks; null: it finds out by asking.</param>
    public static WebApplication Build(string directory, string url, string? token, Uri? callback)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        var bindings = new ConcurrentDictionary<string, JsonNode>(StringComparer.Ordinal);
        app.Use((context, next) => token is null || Knows(context.Request.Headers.Authorization.ToString(), token) ? next(context) : Refuse(context));
        app.MapGet("/v1/policies", context =>
        {
            var policies = Read(directory);
            var tag = new EntityTagHeaderValue($"\"{RevisionOf(string.Concat(policies.Select(policy => policy.Name + '\0' + policy.Rules + '\0')))}\"");
            context.Response.GetTypedHeaders().ETag = tag;
            if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: true)))
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }
            return context.Response.WriteAsJsonAsync(new JsonObject
            {
                ["policies"] = new JsonArray([.. policies.Select(policy => new JsonObject { ["name"] = policy.Name, ["revision"] = RevisionOf(policy.Rules) })]),
            });
        });
        app.MapGet("/v1/policies/{name}", context =>
        {
            var name = (string)context.Request.RouteValues["name"]!;
            // The name is only compared, never made into a path.
            if (Read(directory).FirstOrDefault(policy => policy.Name == name) is { Rules: not null } policy)
                return context.Response.WriteAsJsonAsync(new JsonObject { ["name"] = policy.Name, ["revision"] = RevisionOf(policy.Rules), ["rules"] = policy.Rules });
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.MapPut("/v1/clusters/{cluster}/bindings", async context =>
        {
            bindings[(string)context.Request.RouteValues["cluster"]!] = await context.Request.ReadFromJsonAsync<JsonNode>() ?? new JsonObject();
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        // Not of the contract: for people.
        app.MapGet("/clusters", context => context.Response.WriteAsJsonAsync(new JsonArray([.. bindings.Values.Select(node => node.DeepClone())])));
        if (callback is not null) app.Lifetime.ApplicationStarted.Register(() => _ = WatchAsync(directory, callback, token, app.Logger, app.Lifetime.ApplicationStopping));
        return app;
    }

    private static async Task WatchAsync(string directory, Uri callback, string? token, ILogger log, CancellationToken stop)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        var known = Read(directory);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(LookInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = Read(directory);
            if (now.SequenceEqual(known)) continue;
            try
            {
                using var answer = await client.PostAsync(callback, content: null, stop);
                known = now;
                Log.CalledBack(log, (int)answer.StatusCode);
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                Log.NotCalledBack(log, error.Message);
            }
        }
    }

    private static List<(string Name, string Rules)> Read(string directory) =>
    [
        .. Directory.EnumerateFiles(directory, "*.rules").Order(StringComparer.Ordinal).Select(file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file))),
    ];

    private static string RevisionOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private static bool Knows(string authorization, string token) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization)), SHA256.HashData(Encoding.UTF8.GetBytes("Bearer " + token)));

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Policies have changed: the controller answers {Status}")]
    public static partial void CalledBack(ILogger log, int status);

    [LoggerMessage(2, LogLevel.Warning, "Policies have changed, but the controller does not answer: {Message}")]
    public static partial void NotCalledBack(ILogger log, string message);
}
