using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Demilune.Orchestrator.Managers;

/// <summary>One manager's HTTP interface. What it answers is checked: it may be as wrong as anybody.</summary>
internal sealed class ManagerClient : IDisposable
{
    /// <summary>All rules of a policy may have 8 million characters; JSON may double them.</summary>
    private const int MaxAnswerBytes = 32 << 20;

    private const int MaxPolicies = 10_000, MaxNameLength = 253, MaxRevisionLength = 128;

    private readonly HttpClient _http;
    private readonly X509Certificate2Collection _authorities = [];
    private EntityTagHeaderValue? _tag;
    private ManagerPolicyList? _list;

    /// <param name="caBundle">PEM; null: the system's authorities.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The bundle is no PEM.</exception>
    public ManagerClient(Uri url, string? caBundle, string? token)
    {
        // No redirects: the token goes where the administrator said, and nowhere else.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (caBundle is not null)
        {
            _authorities.ImportFromPem(caBundle);
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.AddRange(_authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain };
        }
        _http = new HttpClient(handler) { BaseAddress = new Uri(url.AbsoluteUri.TrimEnd('/') + "/"), Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = MaxAnswerBytes };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <exception cref="HttpRequestException">It is away, or says no.</exception>
    /// <exception cref="JsonException">What it says is not what the contract wants.</exception>
    /// <exception cref="InvalidDataException">Same.</exception>
    public async Task<ManagerPolicyList> ListAsync(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/policies");
        if (_tag is not null) request.Headers.IfNoneMatch.Add(_tag);
        using var response = await _http.SendAsync(request, cancel);
        if (response.StatusCode == HttpStatusCode.NotModified && _list is not null) return _list;
        var list = await ReadAsync(response, ManagerJson.Default.ManagerPolicyList, cancel);
        if (list.Policies.Count > MaxPolicies) throw new InvalidDataException($"it lists more than {MaxPolicies} policies");
        foreach (var entry in list.Policies) Check(entry?.Name, entry?.Revision);
        if (list.Policies.DistinctBy(entry => entry.Name).Count() != list.Policies.Count) throw new InvalidDataException("it lists a policy twice");
        (_list, _tag) = (list, response.Headers.ETag);
        return list;
    }

    /// <inheritdoc cref="ListAsync"/>
    /// <returns>Null: it has none of this name.</returns>
    public async Task<ManagerPolicy?> ReadAsync(string name, CancellationToken cancel)
    {
        using var response = await _http.GetAsync($"v1/policies/{Uri.EscapeDataString(name)}", cancel);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        var policy = await ReadAsync(response, ManagerJson.Default.ManagerPolicy, cancel);
        Check(policy.Name, policy.Revision);
        return policy.Name == name ? policy : throw new InvalidDataException($"asked for the policy {name} it answers with another one");
    }

    /// <exception cref="HttpRequestException">It is away, or says no.</exception>
    public async Task TellAsync(string cluster, string bindings, CancellationToken cancel)
    {
        using var content = new StringContent(bindings, Encoding.UTF8, "application/json");
        using var response = await _http.PutAsync($"v1/clusters/{Uri.EscapeDataString(cluster)}/bindings", content, cancel);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _http.Dispose();
        foreach (var authority in _authorities) authority.Dispose();
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        if (response.StatusCode != HttpStatusCode.OK) throw new HttpRequestException($"it answers {(int)response.StatusCode} {response.ReasonPhrase}", null, response.StatusCode);
        return await response.Content.ReadFromJsonAsync(type, cancel) ?? throw new InvalidDataException("it answers null");
    }

    private static void Check(string? name, string? revision)
    {
        if (name is not { Length: > 0 and <= MaxNameLength } || name.Any(char.IsControl)) throw new InvalidDataException($"a policy's name must have 1 to {MaxNameLength} characters");
        if (revision is not { Length: > 0 and <= MaxRevisionLength } || revision.Any(char.IsControl)) throw new InvalidDataException($"policy {name}: its revision must have 1 to {MaxRevisionLength} characters");
    }
}
