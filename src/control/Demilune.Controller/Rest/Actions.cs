using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Demilune.Console.Access;
using Demilune.Orchestrator;
using Demilune.Orchestrator.Alarms;
using Demilune.Orchestrator.Jobs;
using Demilune.Orchestrator.Managers;

namespace Demilune.Controller.Rest;

/// <summary>Jobs and alarms, and what people may do about them. Each attempt to act is in the audit log, allowed or not.</summary>
internal static class Actions
{
    public static void MapActions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/jobs", context => WriteAsync(context, new JsonObject
        {
            ["jobs"] = JsonSerializer.SerializeToNode(context.RequestServices.GetService<Operations>()?.Jobs ?? [], OperationsJson.Default.IReadOnlyListJob),
        }));
        routes.MapGet("/v1/alarms", context => WriteAsync(context, new JsonObject
        {
            ["alarms"] = JsonSerializer.SerializeToNode(context.RequestServices.GetService<Operations>()?.Alarms ?? [], OperationsJson.Default.IReadOnlyListAlarm),
        }));
        routes.MapPost("/v1/alarms/acknowledge", AcknowledgeAsync);
        routes.MapPost("/v1/managers/{name}/changed", CallBackAsync);
        routes.MapGet("/v1/openapi.json", async context =>
        {
            context.Response.ContentType = "application/json";
            await using var document = typeof(Actions).Assembly.GetManifestResourceStream("openapi.json") ?? throw new InvalidOperationException("openapi.json is not in this assembly");
            await document.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
    }

    private static async Task AcknowledgeAsync(HttpContext context)
    {
        var id = context.Request.Query["id"].ToString();
        if (await AllowedAsync(context, "acknowledge", id) is not { } administrator) return;
        if (context.RequestServices.GetService<Operations>()?.Acknowledge(id, administrator.Name) is not { } alarm)
        {
            await RefuseAsync(context, 404, $"No alarm \"{id}\" is active; GET /v1/alarms lists them.");
            return;
        }
        await WriteAsync(context, JsonSerializer.SerializeToNode(alarm, OperationsJson.Default.Alarm)!);
    }

    /// <summary>A manager of policies says that they have changed. All that follows is that it is asked.</summary>
    private static Task CallBackAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        switch (context.RequestServices.GetService<SecurityManagers>()?.CallBack(name, TokenOf(context)))
        {
            case null: return RefuseAsync(context, 404, $"This controller asks no SecurityManager \"{name}\".");
            case false: return RefuseAsync(context, 401, "Send the token that the SecurityManager's Secret holds.");
            default:
                context.Response.StatusCode = 202;
                return Task.CompletedTask;
        }
    }

    private static string TokenOf(HttpContext context)
    {
        const string Scheme = "Bearer ";
        var authorization = context.Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : "";
    }

    /// <returns>Null: he may not, and has been told.</returns>
    private static async Task<Visitor?> AllowedAsync(HttpContext context, string action, string target)
    {
        var services = context.RequestServices;
        var token = TokenOf(context);
        Visitor? visitor = null;
        var (status, refusal) = (401, "Send \"Authorization: Bearer TOKEN\" with a token of this cluster whose owner may see security policies: kubectl create token NAME.");
        if (services.GetService<ITokenAuthority>() is { } authority && token.Length > 0)
        {
            try
            {
                visitor = await authority.RecogniseAsync(token, context.RequestAborted);
                if (visitor is { Role: not Role.Administrator }) (status, refusal) = (403, $"{visitor.Name} may look, not act: that needs a role that may update securitypolicies.demilune.dev.");
            }
            catch (TokenAuthorityException error)
            {
                (status, refusal) = (503, error.Message);
            }
        }
        var allowed = visitor is { Role: Role.Administrator };
        services.GetRequiredService<IAudit>().Note(visitor?.Name ?? context.Connection.RemoteIpAddress?.ToString() ?? "", action, target, allowed ? "ok" : $"refused: {status}");
        if (allowed) return visitor;
        await RefuseAsync(context, status, refusal);
        return null;
    }

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        if (status == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
        return WriteAsync(context, new JsonObject { ["error"] = message });
    }

    private static async Task WriteAsync(HttpContext context, JsonNode json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json.ToJsonString() + "\n", context.RequestAborted);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<Job>))]
[JsonSerializable(typeof(IReadOnlyList<Alarm>))]
internal sealed partial class OperationsJson : JsonSerializerContext;
