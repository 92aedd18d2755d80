using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Sdn.Api;
using Demilune.Sdn.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Demilune.Sdn.Http;

/// <summary>The Neutron API over HTTP.</summary>
/// <remarks>
/// With a token check every request needs a token, as behind Keystone. Without one nobody is asked: it is to listen on the loopback
/// only, and the project is that of X-Project-Id, as Neutron's noauth has it.
/// </remarks>
public static partial class NeutronEndpoint
{
    /// <summary>A bulk create of 2,000 ports is below 2 MiB.</summary>
    private const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Serves / (versions), /v2.0 and all below it.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="network">What.</param>
    /// <param name="logger">Hears of requests that failed.</param>
    /// <param name="tokens">Null: nobody is asked for a token, and everybody is an administrator.</param>
    public static IEndpointRouteBuilder MapNeutron(
        this IEndpointRouteBuilder routes, VirtualNetwork network, ILogger logger, ITokenCheck? tokens = null)
    {
        routes.MapGet("/", context => WriteAsync(context, 200, Versions(context)));
        routes.Map("/v2.0", context => WriteAsync(context, 200, Resources(context)));
        routes.Map("/v2.0/{**path}", context => HandleAsync(context, network, logger, tokens));
        return routes;
    }

    private static async Task HandleAsync(HttpContext context, VirtualNetwork network, ILogger logger, ITokenCheck? tokens)
    {
        var requestId = $"req-{Guid.NewGuid():D}";
        context.Response.Headers["X-Openstack-Request-Id"] = requestId;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;
        ApiAnswer answer;
        try
        {
            if (await CallerAsync(context, tokens) is not { } caller)
            {
                var at = tokens!.AuthUrl?.ToString() ?? $"{context.Request.Scheme}://{context.Request.Host}/identity/v3";
                context.Response.Headers.WWWAuthenticate = $"Keystone uri=\"{at.TrimEnd('/')}\"";
                await IdentityEndpoint.UnauthorizedAsync(context);
                return;
            }
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            answer = network.Answer(new(context.Request.Method, (string?)context.Request.RouteValues["path"] ?? "")
            {
                Body = body.ToArray(),
                Query = [.. context.Request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))],
                IfMatch = context.Request.Headers.IfMatch is [{ } match] ? match : null,
                Caller = caller,
                Url = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}",
            });
        }
        catch (BadHttpRequestException e)
        {
            answer = ApiAnswer.Of(new(e.StatusCode, "HTTPBadRequest", e.Message));
        }
        catch (HttpRequestException e)
        {
            Unasked(logger, e, requestId);
            answer = ApiAnswer.Of(new(503, "HTTPServiceUnavailable", $"Nobody can say whose token this is: {e.Message}"));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug, or a disk that fails: this request is refused, nothing of it happened, the next one is served.
            Failed(logger, e, requestId, context.Request.Method, context.Request.Path);
            answer = ApiAnswer.Of(new(500, "HTTPInternalServerError", "Request Failed: internal server error while processing your request."));
        }
        await WriteAsync(context, answer.Status, answer.Body);
    }

    private static async ValueTask<Caller?> CallerAsync(HttpContext context, ITokenCheck? tokens)
    {
        if (tokens is null) return new(context.Request.Headers["X-Project-Id"] is [{ Length: > 0 } project] ? project : Caller.ClusterProject, IsAdmin: true);
        return context.Request.Headers["X-Auth-Token"] is [{ Length: > 0 } token] && await tokens.FindAsync(token, context.RequestAborted) is { } grant
            ? grant.Caller : null;
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonNode? body)
    {
        context.Response.StatusCode = status;
        if (body is null) return;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        body.WriteTo(json);
        await json.FlushAsync(context.RequestAborted);
    }

    private static JsonObject Versions(HttpContext context) => new()
    {
        ["versions"] = new JsonArray(new JsonObject
        {
            ["id"] = "v2.0",
            ["status"] = "CURRENT",
            ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = $"{context.Request.Scheme}://{context.Request.Host}/v2.0/" }),
        }),
    };

    private static JsonObject Resources(HttpContext context) => new()
    {
        ["resources"] = new JsonArray([.. Demilune.Sdn.Resources.Collections.All.Select(collection => new JsonObject
        {
            ["name"] = collection.Member,
            ["collection"] = collection.Name,
            ["links"] = new JsonArray(new JsonObject
            {
                ["rel"] = "self", ["href"] = $"{context.Request.Scheme}://{context.Request.Host}/v2.0/{collection.Path}",
            }),
        })]),
    };

    [LoggerMessage(2102, LogLevel.Warning, "{RequestId}: Keystone cannot be asked about a token; the request was refused with 503")]
    private static partial void Unasked(ILogger logger, Exception error, string requestId);

    [LoggerMessage(2101, LogLevel.Error, "{RequestId} {Method} {Path} failed; nothing of it happened")]
    private static partial void Failed(ILogger logger, Exception error, string requestId, string method, string path);
}
