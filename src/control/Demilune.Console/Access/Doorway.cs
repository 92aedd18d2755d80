using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Console.Access;

/// <summary>Coming in with a token of the cluster, and going out.</summary>
internal static class Doorway
{
    /// <summary>Service account tokens have about 1 KB, those of an identity provider with many groups some more.</summary>
    private const int MaxTokenLength = 16 * 1024;

    /// <summary>Each attempt is a question to the API server: that many at once, whoever asks.</summary>
    private static readonly SemaphoreSlim Attempts = new(4);

    public static void MapDoorway(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/enter", EnterAsync).AllowAnonymous();
        routes.MapPost("/logout", LeaveAsync);
    }

    private static async Task EnterAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (!await services.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
        {
            context.Response.Redirect("/login?why=stale");
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var (token, to) = (form["token"].ToString().Trim(), form["to"].ToString());
        var from = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var audit = services.GetRequiredService<IAudit>();
        if (token.Length is 0 or > MaxTokenLength)
        {
            context.Response.Redirect("/login?why=refused");
            return;
        }
        await Attempts.WaitAsync(context.RequestAborted);
        try
        {
            if (await services.GetRequiredService<Sessions>().OpenAsync(token, context.RequestAborted) is not var (id, visitor))
            {
                audit.Note(from, "login", "console", "refused");
                context.Response.Redirect("/login?why=refused");
                return;
            }
            audit.Note(visitor.Name, "login", "console", $"ok, as {visitor.Role}, from {from}");
            context.Response.Cookies.Append(SessionAuthentication.Cookie, id, new()
            {
                HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, MaxAge = Sessions.Lifetime, Path = "/",
            });
            context.Response.Redirect(IsOurs(to) ? to : "/");
        }
        catch (TokenAuthorityException error)
        {
            audit.Note(from, "login", "console", error.Message);
            context.Response.Redirect("/login?why=unreachable");
        }
        finally
        {
            Attempts.Release();
        }
    }

    private static async Task LeaveAsync(HttpContext context)
    {
        if (!await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
        {
            context.Response.Redirect("/");
            return;
        }
        if (context.Request.Cookies[SessionAuthentication.Cookie] is { } id) context.RequestServices.GetRequiredService<Sessions>().Close(id);
        context.RequestServices.GetRequiredService<IAudit>().Note(context.User.Identity?.Name ?? "", "logout", "console", "ok");
        context.Response.Cookies.Delete(SessionAuthentication.Cookie);
        context.Response.Redirect("/login");
    }

    /// <summary>A path of this console: "//elsewhere" and "/\elsewhere" would lead away with what looks like our own link.</summary>
    private static bool IsOurs(string to) => to.Length > 0 && to[0] == '/' && (to.Length == 1 || to[1] is not ('/' or '\\'));
}
