using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;

namespace Demilune.Console.Access;

/// <summary>An open page outlives its request: asks again whether its session still holds.</summary>
internal sealed class LiveSession(ILoggerFactory log, Sessions sessions) : RevalidatingServerAuthenticationStateProvider(log)
{
    protected override TimeSpan RevalidationInterval => Sessions.Recheck;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        authenticationState.User.FindFirstValue(SessionAuthentication.SessionClaim) is { } id && await sessions.FindAsync(id, cancellationToken) is not null;
}
