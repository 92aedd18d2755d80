using System.Net;
using System.Text.Json;

namespace Demilune.Neutron.Keystone;

/// <summary>Tokens of Keystone v3, renewed before they expire, and Neutron's address from the catalog that comes with them. Safe for concurrent use.</summary>
/// <param name="http">For Keystone; its timeout is one login's.</param>
public sealed class KeystoneTokens(HttpClient http, CloudAccess access, TimeProvider time) : ITokenSource, IDisposable
{
    /// <summary>A token is renewed this long before its end (but not before half its life): a request under way must not outlive it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _login = new(1, 1);
    private volatile Token? _token;

    public async ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct) => (await CurrentAsync(refused, ct)).Value;

    public async ValueTask<Uri?> GetEndpointAsync(CancellationToken ct) => (await CurrentAsync(null, ct)).Endpoint;

    public void Dispose() => _login.Dispose();

    private async ValueTask<Token> CurrentAsync(string? refused, CancellationToken ct)
    {
        if (_token is { } token && token.Value != refused && time.GetUtcNow() < token.RenewAt) return token;
        await _login.WaitAsync(ct);
        try
        {
            // Somebody else may have renewed it while we waited.
            if (_token is { } newer && newer.Value != refused && time.GetUtcNow() < newer.RenewAt) return newer;
            try
            {
                return _token = await LogInAsync(ct);
            }
            catch (HttpRequestException) when (_token is { } last && last.Value != refused && time.GetUtcNow() < last.ExpiresAt)
            {
                return last;    // Keystone rests; what it gave is still good
            }
        }
        finally
        {
            _login.Release();
        }
    }

    private async Task<Token> LogInAsync(CancellationToken ct)
    {
        var url = access.AuthUrl.AbsoluteUri.TrimEnd('/');
        url = (url.EndsWith("/v3", StringComparison.Ordinal) ? url : url + "/v3") + "/auth/tokens";
        var action = $"cloud \"{access.Cloud}\": POST {url} as {access.Credentials}";
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(LoginBody.Of(access.Credentials)) };
            request.Content.Headers.ContentType = new("application/json");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
            var body = await response.Content.ReadAsStringAsync(ct);
            if (response.StatusCode != HttpStatusCode.Created) throw Refusal(action, response, body);
            if (!response.Headers.TryGetValues("X-Subject-Token", out var values) || values.FirstOrDefault() is not { Length: > 0 } value)
                throw new CloudAccessException($"{action}: the answer has no X-Subject-Token: is this really Keystone?");
            using var json = JsonDocument.Parse(body);
            return Read(action, value, json.RootElement);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudAccessException($"{action}: no answer within {http.Timeout.TotalSeconds:0} s. Is auth_url right, and reachable from here?");
        }
        catch (HttpRequestException failure) when (failure is not CloudAccessException)
        {
            throw new CloudAccessException($"{action}: {failure.InnerException?.Message ?? failure.Message}. Is auth_url right, and its certificate signed by cacert?", failure);
        }
        catch (JsonException failure)
        {
            throw new CloudAccessException($"{action}: the answer is not Keystone's ({failure.Message})", failure);
        }
    }

    private Token Read(string action, string value, JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("token", out var token)
            || token.ValueKind != JsonValueKind.Object || !token.TryGetProperty("expires_at", out var end) || end.ValueKind != JsonValueKind.String
            || !end.TryGetDateTimeOffset(out var expires))
            throw new JsonException("no token.expires_at");
        var now = time.GetUtcNow();
        var life = expires - now;
        var margin = life / 2 < Margin ? life / 2 : Margin;
        return new(value, expires, expires - margin, access.NetworkEndpoint ?? Catalog.FindNetwork(token, access)
            ?? throw new CloudAccessException($"{action}: the catalog has no {access.Interface} endpoint of type \"network\"{(access.Region is null ? "" : $" in region {access.Region}")}. "
                + "Check region_name and interface, or set network_endpoint_override."));
    }

    private static CloudAccessException Refusal(string action, HttpResponseMessage response, string body)
    {
        var (_, message) = NeutronClient.ParseError(body);
        var requestId = response.Headers.TryGetValues("X-Openstack-Request-Id", out var ids) ? $" ({ids.FirstOrDefault()})" : "";
        var wayOut = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "Check user, domains, project and secret.",
            HttpStatusCode.NotFound or HttpStatusCode.MultipleChoices => "auth_url must be Keystone's, for example https://cloud.example:5000/v3.",
            _ => "",
        };
        return new($"{action}: {(int)response.StatusCode} {(message ?? response.ReasonPhrase ?? "").TrimEnd('.')}. {wayOut}".TrimEnd() + requestId);
    }

    private sealed record Token(string Value, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt, Uri Endpoint);
}
