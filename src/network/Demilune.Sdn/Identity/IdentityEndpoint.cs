using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Demilune.Sdn.Identity;

/// <summary>As much of Keystone's API as the clients of a Neutron use: tokens with a catalogue, and users, projects and roles.</summary>
public static class IdentityEndpoint
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly JsonObject Domain = new() { ["id"] = "default", ["name"] = "Default" };

    /// <summary>Serves below /identity; the catalogue names this server as the network's too.</summary>
    public static IEndpointRouteBuilder MapIdentity(this IEndpointRouteBuilder routes, IdentityService identity)
    {
        routes.MapGet("/identity", context => WriteAsync(context, 300, new() { ["versions"] = new JsonObject { ["values"] = new JsonArray(Version(context)) } }));
        routes.MapGet("/identity/v3", context => WriteAsync(context, 200, new() { ["version"] = Version(context) }));
        routes.MapPost("/identity/v3/auth/tokens", context => IssueAsync(context, identity));
        routes.MapMethods("/identity/v3/auth/tokens", ["GET", "HEAD", "DELETE"], context => SubjectAsync(context, identity));
        routes.Map("/identity/v3/{**path}", context => CallAsync(context, identity));
        return routes;
    }

    private static async Task IssueAsync(HttpContext context, IdentityService identity)
    {
        var auth = await BodyAsync(context) is { } body ? body["auth"] as JsonObject : null;
        if (auth?["identity"] is not JsonObject how || Text((how["methods"] as JsonArray)?.FirstOrDefault()) is not { } method)
        {
            await RefuseAsync(context, 400, "Bad Request", "'auth.identity.methods' is a required property");
            return;
        }
        var user = method switch
        {
            "password" when how["password"] is JsonObject { } given && given["user"] is JsonObject named =>
                identity.Authenticate(account => IsNamed(named, account.Name, "user"), Text(named["password"]) ?? ""),
            "application_credential" when how["application_credential"] is JsonObject credential =>
                identity.AuthenticateCredential(Text(credential["id"]) ?? "", Text(credential["secret"]) ?? ""),
            "token" => identity.Find(Text(how["token"]?["id"]) ?? "")?.User,
            _ => null,
        };
        if (user is null || ProjectOf(user, auth["scope"]) is not { } project)
        {
            await UnauthorizedAsync(context);
            return;
        }
        var token = identity.Issue(user, project, method);
        context.Response.Headers["X-Subject-Token"] = token.Text;
        await WriteAsync(context, 201, new() { ["token"] = View(context, token) });
    }

    private static async Task SubjectAsync(HttpContext context, IdentityService identity)
    {
        if (Asking(context, identity) is not { } asking)
        {
            await UnauthorizedAsync(context);
            return;
        }
        var text = context.Request.Headers["X-Subject-Token"].ToString();
        if (identity.Find(text) is not { } subject || subject.User.Name != asking.User.Name && !asking.IsAdmin)
        {
            await RefuseAsync(context, 404, "Not Found", "This is not a recognized Fernet token.");
            return;
        }
        if (HttpMethods.IsDelete(context.Request.Method))
        {
            identity.Revoke(text);
            context.Response.StatusCode = 204;
            return;
        }
        context.Response.Headers["X-Subject-Token"] = text;
        await WriteAsync(context, 200, new() { ["token"] = View(context, subject) });
    }

    private static async Task CallAsync(HttpContext context, IdentityService identity)
    {
        if (Asking(context, identity) is not { } asking)
        {
            await UnauthorizedAsync(context);
            return;
        }
        var path = ((string?)context.Request.RouteValues["path"] ?? "").Trim('/').Split('/');
        if (path is ["auth", "catalog"])
        {
            await WriteAsync(context, 200, new() { ["catalog"] = Catalog(context) });
            return;
        }
        var query = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        var (status, body) = IdentityCalls.Answer(context.Request.Method, path, query, await BodyAsync(context), asking, identity);
        if (status == 204) context.Response.StatusCode = status;
        else if (body is null) await RefuseAsync(context, status, Title(status), $"{context.Request.Method} {string.Join('/', path)}: {Title(status)}");
        else await WriteAsync(context, status, body);
    }

    private static string Title(int status) => status switch
    {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        _ => "Error",
    };

    private static Token? Asking(HttpContext context, IdentityService identity) => identity.Find(context.Request.Headers["X-Auth-Token"].ToString());

    private static bool IsNamed(JsonObject given, string name, string kind) =>
        Text(given["id"]) is { } id ? id == IdentityDirectory.IdOf(kind, name) : Text(given["name"]) == name;

    /// <summary>The project that is asked for, the default one if none is; null: one that the user has no role in.</summary>
    private static string? ProjectOf(Account user, JsonNode? scope) => scope switch
    {
        null => user.Projects.Keys.FirstOrDefault(),
        JsonObject wanted when wanted["project"] is JsonObject project => user.Projects.Keys.FirstOrDefault(name => IsNamed(project, name, "project")),
        _ => null,
    };

    private static JsonObject View(HttpContext context, Token token) => new()
    {
        ["methods"] = new JsonArray(token.Method),
        ["user"] = new JsonObject
        {
            ["id"] = IdentityDirectory.IdOf("user", token.User.Name), ["name"] = token.User.Name, ["domain"] = Domain.DeepClone(), ["password_expires_at"] = null,
        },
        ["audit_ids"] = new JsonArray(token.Text[..22]),
        ["issued_at"] = Time(token.Issued),
        ["expires_at"] = Time(token.Expires),
        ["is_domain"] = false,
        ["project"] = new JsonObject
        {
            ["id"] = IdentityDirectory.IdOf("project", token.Project), ["name"] = token.Project, ["domain"] = Domain.DeepClone(),
        },
        ["roles"] = new JsonArray([.. token.Roles.Select(role => new JsonObject { ["id"] = IdentityDirectory.IdOf("role", role), ["name"] = role })]),
        ["catalog"] = Catalog(context),
    };

    private static JsonArray Catalog(HttpContext context)
    {
        var here = Here(context);
        return [Service("identity", "keystone", here + "/identity/v3/"), Service("network", "neutron", here)];

        static JsonObject Service(string type, string name, string url) => new()
        {
            ["type"] = type, ["name"] = name, ["id"] = IdentityDirectory.IdOf("service", name),
            ["endpoints"] = new JsonArray([.. ((string[])["public", "internal", "admin"]).Select(of => new JsonObject
            {
                ["id"] = IdentityDirectory.IdOf("endpoint", name + of), ["interface"] = of, ["url"] = url, ["region"] = "RegionOne", ["region_id"] = "RegionOne",
            })]),
        };
    }

    private static JsonObject Version(HttpContext context) => new()
    {
        ["id"] = "v3.14", ["status"] = "stable", ["updated"] = "2020-04-07T00:00:00Z",
        ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = Here(context) + "/identity/v3/" }),
        ["media-types"] = new JsonArray(new JsonObject { ["base"] = "application/json", ["type"] = "application/vnd.openstack.identity-v3+json" }),
    };

    private static string Here(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static async Task<JsonObject?> BodyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, documentOptions: new() { MaxDepth = 16 }, cancellationToken: context.RequestAborted) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    internal static Task UnauthorizedAsync(HttpContext context) =>
        RefuseAsync(context, 401, "Unauthorized", "The request you have made requires authentication.");

    private static Task RefuseAsync(HttpContext context, int status, string title, string message) =>
        WriteAsync(context, status, new() { ["error"] = new JsonObject { ["code"] = status, ["title"] = title, ["message"] = message } });

    private static async Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Vary = "X-Auth-Token";
        if (HttpMethods.IsHead(context.Request.Method)) return;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
