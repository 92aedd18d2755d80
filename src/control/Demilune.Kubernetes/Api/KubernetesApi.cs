using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Api;

/// <summary>The Kubernetes API: one set of verbs for built-in kinds and custom resources alike.</summary>
/// <remarks>
/// Connection, TLS and credentials are the official client's (kubeconfig, in-cluster account, exec plugins); the verbs are
/// ours, since its AOT flavour has neither watches nor a generic client.
/// </remarks>
public sealed partial class KubernetesApi : IDisposable
{
    private const string MergePatch = "application/merge-patch+json";
    private const string ApplyPatch = "application/apply-patch+yaml";

    private readonly k8s.Kubernetes _client;

    public KubernetesApi(KubernetesClientConfiguration configuration)
    {
        // A peer that vanished without a word must not keep a watch waiting for ever.
        configuration.FirstMessageHandlerSetup = handler =>
        {
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        };
        _client = new k8s.Kubernetes(configuration);
        _client.HttpClient.Timeout = Timeout.InfiniteTimeSpan;      // requests bring their own limit
    }

    /// <summary>How long a request other than a watch may take. Default 30 s: Kubernetes' own is 60.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <param name="kubeconfig">A file; null or empty: $KUBECONFIG, ~/.kube/config, or the pod's service account.</param>
    public static KubernetesApi Connect(string? kubeconfig) => new(
        string.IsNullOrEmpty(kubeconfig)
            ? KubernetesClientConfiguration.BuildDefaultConfig()
            : KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));

    /// <returns>Null if there is no such object.</returns>
    public async Task<T?> FindAsync<T>(ResourceType type, ObjectKey key, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await SendAsync<T>(HttpMethod.Get, type.ObjectPath(key), null, null, cancel);
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return null;
        }
    }

    public Task<T> CreateAsync<T>(ResourceType type, T obj, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Post, type.CollectionPath(obj.Metadata.NamespaceProperty), Write(type, obj), "application/json", cancel);

    /// <summary>Writes the object if nobody wrote since its resourceVersion.</summary>
    /// <exception cref="ApiException">IsConflict: somebody did.</exception>
    public Task<T> ReplaceAsync<T>(ResourceType type, T obj, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Put, type.ObjectPath(ObjectKey.Of(obj)), Write(type, obj), "application/json", cancel);

    /// <summary>Server-side apply, taking over fields from others.</summary>
    public Task<T> ApplyAsync<T>(ResourceType type, T obj, string fieldManager, CancellationToken cancel, string? subresource = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Patch, ApplyPath(type, ObjectKey.Of(obj), fieldManager, subresource), Write(type, obj), ApplyPatch, cancel);

    /// <summary>Server-side apply of an object that has no C# type.</summary>
    public async Task ApplyAsync(
        ResourceType type, ObjectKey key, string json, string fieldManager, CancellationToken cancel, string? subresource = null)
    {
        using var answer = await SendAsync(HttpMethod.Patch, ApplyPath(type, key, fieldManager, subresource), json, ApplyPatch, cancel);
    }

    /// <summary>RFC 7386 merge patch.</summary>
    public Task<T> MergeAsync<T>(ResourceType type, ObjectKey key, string patch, CancellationToken cancel, string? subresource = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Patch, type.ObjectPath(key) + (subresource is null ? "" : "/" + subresource), patch, MergePatch, cancel);

    /// <param name="uid">Only if it is still this object; null: whichever has the name.</param>
    /// <param name="graceSeconds">Null: the object's own.</param>
    /// <returns>False if it was gone already.</returns>
    public async Task<bool> DeleteAsync(ResourceType type, ObjectKey key, string? uid, CancellationToken cancel, int? graceSeconds = null)
    {
        var options = new V1DeleteOptions
        {
            ApiVersion = "v1",
            Kind = "DeleteOptions",
            GracePeriodSeconds = graceSeconds,
            PropagationPolicy = "Background",
            Preconditions = uid is null ? null : new V1Preconditions { Uid = uid },
        };
        try
        {
            using var answer = await SendAsync(
                HttpMethod.Delete, type.ObjectPath(key), ObjectJson.Write(options), "application/json", cancel);
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound || (uid is not null && refusal.IsConflict))
        {
            return false;
        }
    }

    public void Dispose() => _client.Dispose();

    private static string ApplyPath(ResourceType type, ObjectKey key, string fieldManager, string? subresource) =>
        $"{type.ObjectPath(key)}{(subresource is null ? "" : "/" + subresource)}?fieldManager={Uri.EscapeDataString(fieldManager)}&force=true";

    private static string Write<T>(ResourceType type, T obj)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        obj.ApiVersion = type.ApiVersion;
        obj.Kind = type.Kind;
        return ObjectJson.Write(obj);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, string? body, string? mediaType, CancellationToken cancel)
    {
        using var answer = await SendAsync(method, path, body, mediaType, cancel);
        return ObjectJson.Read<T>(answer.RootElement);
    }

    private async Task<JsonDocument> SendAsync(HttpMethod method, string path, string? body, string? mediaType, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(RequestTimeout);
        try
        {
            using var response = await OpenAsync(method, path, body, mediaType, limit.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            return await JsonDocument.ParseAsync(stream, default, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path}: no answer within {RequestTimeout.TotalSeconds} s");
        }
    }

    /// <summary>The response's head; the body is still to be read.</summary>
    private async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, string? body, string? mediaType, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(_client.BaseUri, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType!);
        }
        if (_client.Credentials is { } credentials) await credentials.ProcessHttpRequestAsync(request, cancel);
        var response = await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RefusalAsync(method, path, response, cancel);
    }

    private static async Task<ApiException> RefusalAsync(HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancel)
    {
        var text = await response.Content.ReadAsStringAsync(cancel);
        var (reason, message) = ("", text.Length > 500 ? text[..500] : text);
        try
        {
            using var body = JsonDocument.Parse(text);
            if (body.RootElement.ValueKind == JsonValueKind.Object)
            {
                if (body.RootElement.TryGetProperty("reason", out var said) && said.ValueKind == JsonValueKind.String) reason = said.GetString()!;
                if (body.RootElement.TryGetProperty("message", out said) && said.ValueKind == JsonValueKind.String) message = said.GetString()!;
            }
        }
        catch (JsonException)
        {
            // A proxy's page, not a Status: the status code has to do.
        }
        return new ApiException(response.StatusCode, reason, $"{method} {path}: {(int)response.StatusCode} {message}");
    }
}
