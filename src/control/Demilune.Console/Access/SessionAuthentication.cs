using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Demilune.Console.Access;

/// <summary>Knows a visitor by the cookie that holds his session's number.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, Sessions sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Name = "session";

    public const string Cookie = "demilune-console";

    public const string SessionClaim = "session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[Cookie] is not { Length: > 0 } id) return AuthenticateResult.NoResult();
        if (await sessions.FindAsync(id, Context.RequestAborted) is not { } visitor) return AuthenticateResult.Fail("the session is over");
        return AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(id, visitor), Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // A page is asked for: to the door. Anything else is told.
        if (HttpMethods.IsGet(Request.Method) && !Request.Path.StartsWithSegments("/_blazor"))
            Response.Redirect(Request.Path == "/" ? "/login" : "/login?to=" + UrlEncoder.Default.Encode(Request.Path + Request.QueryString));
        else
            Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    public static ClaimsPrincipal PrincipalOf(string id, Visitor visitor) => new(new ClaimsIdentity(
        [new(ClaimTypes.Name, visitor.Name), new(ClaimTypes.Role, visitor.Role.ToString()), new(SessionClaim, id)], Name));
}
