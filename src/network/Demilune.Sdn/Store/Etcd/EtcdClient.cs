using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Store.Etcd;

/// <summary>etcd's API version 3, as its own gateway offers it over HTTP: JSON, with keys and values in base64 and numbers as strings.</summary>
internal sealed class EtcdClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly IReadOnlyList<Uri> _endpoints;
    private volatile int _endpoint;

    /// <exception cref="IOException">A certificate cannot be read.</exception>
    public EtcdClient(EtcdOptions options)
    {
        _endpoints = options.Endpoints;
        // Each request has its own time; a watch has none.
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(options), ConnectTimeout = TimeSpan.FromSeconds(2), AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _http.Dispose();

    /// <exception cref="IOException">No endpoint answered, or it refused; the message says which and why.</exception>
    public JsonObject Call(string path, JsonObject body)
    {
        var first = _endpoint;
        for (var attempt = 0; ; attempt++)
        {
            var endpoint = _endpoints[(first + attempt) % _endpoints.Count];
            try
            {
                using var request = Request(endpoint, path, body);
                using var patience = new CancellationTokenSource(Patience);
                using var response = _http.Send(request, HttpCompletionOption.ResponseContentRead, patience.Token);
                using var stream = response.Content.ReadAsStream(patience.Token);
                var answer = JsonNode.Parse(stream) as JsonObject ?? [];
                if (response.IsSuccessStatusCode)
                {
                    _endpoint = (first + attempt) % _endpoints.Count;
                    return answer;
                }
                // A member without a leader says 503; another one may have one.
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable || attempt + 1 >= _endpoints.Count) throw new IOException($"etcd {endpoint}: {Why(answer, response.StatusCode)}");
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or JsonException)
            {
                if (attempt + 1 >= _endpoints.Count)
                    throw new IOException($"etcd {endpoint}: {(error is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : error.Message)}", error);
            }
        }
    }

    /// <summary>What a watch says, message by message, until it ends.</summary>
    /// <exception cref="IOException">It cannot be begun, or broke.</exception>
    public async IAsyncEnumerable<JsonObject> WatchAsync(JsonObject create, [EnumeratorCancellation] CancellationToken stop)
    {
        var endpoint = _endpoints[_endpoint];
        using var request = Request(endpoint, "v3/watch", new JsonObject { ["create_request"] = create });
        using var response = await SendAsync();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
        while (await ReadAsync() is { } line)
        {
            if (Parse(line)?["result"] is not JsonObject result) throw new IOException($"etcd {endpoint}: a watch said {(line.Length > 200 ? line[..200] : line)}");
            yield return result;
        }

        async Task<HttpResponseMessage> SendAsync()
        {
            try
            {
                return (await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop)).EnsureSuccessStatusCode();
            }
            catch (HttpRequestException error)
            {
                _endpoint = (_endpoint + 1) % _endpoints.Count;
                throw new IOException($"etcd {endpoint}: {error.Message}", error);
            }
        }

        async Task<string?> ReadAsync()
        {
            try
            {
                return await reader.ReadLineAsync(stop);
            }
            catch (HttpRequestException error)
            {
                throw new IOException($"etcd {endpoint}: {error.Message}", error);
            }
        }
    }

    public static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes);

    /// <summary>Numbers that are zero are left out.</summary>
    public static long Number(JsonNode? node) => node is null ? 0 : long.Parse(node.ToString(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The first key after all that begin so.</summary>
    public static string EndOf(string prefix) => prefix[..^1] + (char)(prefix[^1] + 1);

    private static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static HttpRequestMessage Request(Uri endpoint, string path, JsonObject body) =>
        new(HttpMethod.Post, new Uri(endpoint, path)) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };

    private static string Why(JsonObject answer, HttpStatusCode status)
    {
        var said = (string?)answer["message"] ?? (string?)answer["error"] ?? $"it answered {(int)status}";
        return said.Contains("too many operations", StringComparison.Ordinal) ? $"{said}: start it with --max-txn-ops=10000, one request may change that much" : said;
    }

    private static SslClientAuthenticationOptions Tls(EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        try
        {
            if (options.CertificateFile is { } file) tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(file, options.KeyFile)];
            if (options.AuthorityFile is { } authority)
            {
                var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                trust.CustomTrustStore.ImportFromPemFile(authority);
                tls.CertificateChainPolicy = trust;
            }
        }
        catch (Exception error) when (error is System.Security.Cryptography.CryptographicException or UnauthorizedAccessException)
        {
            throw new IOException($"etcd's certificates: {error.Message}", error);
        }
        return tls;
    }
}
