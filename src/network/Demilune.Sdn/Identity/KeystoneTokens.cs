using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace Demilune.Sdn.Identity;

/// <summary>Asks a Keystone who stands behind a token. Needs no account of its own there: every token may ask about itself.</summary>
/// <param name="http">BaseAddress ends with "/v3/".</param>
/// <param name="time">How long an answer is believed.</param>
public sealed class KeystoneTokens(HttpClient http, TimeProvider time) : ITokenCheck
{
    /// <summary>How long a revoked token still works; keystonemiddleware's default is five minutes.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(1);

    /// <summary>All answers are forgotten beyond this, which bounds memory; more clients than that are asked about more often.</summary>
    private const int MaxAnswers = 10_000;

    /// <summary>Longer than any fernet or JWS token.</summary>
    private const int MaxTokenLength = 8_192;

    private readonly ConcurrentDictionary<string, (Grant Grant, DateTimeOffset Until)> _answers = new(StringComparer.Ordinal);

    public Uri? AuthUrl => http.BaseAddress;

    public async ValueTask<Grant?> FindAsync(string token, CancellationToken ct)
    {
        if (token.Length > MaxTokenLength) return null;
        if (_answers.TryGetValue(token, out var known) && known.Until > time.GetUtcNow()) return known.Grant;
        using var request = new HttpRequestMessage(HttpMethod.Get, "auth/tokens?nocatalog");
        if (!request.Headers.TryAddWithoutValidation("X-Auth-Token", token) || !request.Headers.TryAddWithoutValidation("X-Subject-Token", token)) return null;
        using var response = await http.SendAsync(request, ct);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.Forbidden) return null;
        response.EnsureSuccessStatusCode();
        using var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        if (!answer.RootElement.TryGetProperty("token", out var found) || !found.TryGetProperty("project", out var project)) return null;
        var roles = found.TryGetProperty("roles", out var list)
            ? list.EnumerateArray().Select(role => role.GetProperty("name").GetString() ?? "").ToList() : [];
        var grant = new Grant(project.GetProperty("id").GetString()!, roles);
        var until = time.GetUtcNow() + Believed;
        if (found.TryGetProperty("expires_at", out var expires) && expires.TryGetDateTimeOffset(out var end) && end < until) until = end;
        if (_answers.Count >= MaxAnswers) _answers.Clear();
        _answers[token] = (grant, until);
        return grant;
    }
}
