using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Api;

/// <summary>A whole collection at one moment.</summary>
/// <param name="ResourceVersion">Where a watch goes on from.</param>
/// <param name="Items">Every object in the scope.</param>
public sealed record ResourceList<T>(string ResourceVersion, IReadOnlyList<T> Items);

/// <summary>What a watch says.</summary>
public enum WatchKind
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing changed; the resource version moved on.</summary>
    Bookmark,
}

/// <summary>One line of a watch.</summary>
/// <param name="Object">Null for a bookmark.</param>
public sealed record WatchEvent<T>(WatchKind Kind, string ResourceVersion, T? Object)
    where T : class;

public sealed partial class KubernetesApi
{
    /// <summary>Objects per page of a list: kubectl's own chunk size.</summary>
    private const int PageSize = 500;

    /// <summary>Lists everything in the scope, page by page, at one resource version.</summary>
    /// <exception cref="ApiException">IsExpired: the list took longer than the server remembers; begin again.</exception>
    public async Task<ResourceList<T>> ListAsync<T>(ResourceType type, ResourceScope scope, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var items = new List<T>();
        string? next = null;
        while (true)
        {
            var query = Query(scope) + $"&limit={PageSize}" + (next is null ? "" : $"&continue={Uri.EscapeDataString(next)}");
            using var page = await SendAsync(HttpMethod.Get, $"{type.CollectionPath(scope.Namespace)}?{query}", null, null, cancel);
            var root = page.RootElement;
            if (root.TryGetProperty("items", out var array) && array.ValueKind == JsonValueKind.Array)
                foreach (var item in array.EnumerateArray()) items.Add(ObjectJson.Read<T>(item));
            var metadata = root.GetProperty("metadata");
            next = metadata.TryGetProperty("continue", out var token) ? token.GetString() : null;
            if (string.IsNullOrEmpty(next))
                return new ResourceList<T>(metadata.TryGetProperty("resourceVersion", out var rv) ? rv.GetString() ?? "" : "", items);
        }
    }

    /// <summary>Where the collection stands now, by the smallest list that there is.</summary>
    public async Task<string> VersionAsync(ResourceType type, ResourceScope scope, CancellationToken cancel)
    {
        using var page = await SendAsync(HttpMethod.Get, $"{type.CollectionPath(scope.Namespace)}?{Query(scope)}&limit=1", null, null, cancel);
        return page.RootElement.GetProperty("metadata").TryGetProperty("resourceVersion", out var version) ? version.GetString() ?? "" : "";
    }

    /// <summary>Changes after <paramref name="resourceVersion"/>, until the server or <paramref name="duration"/> ends it.</summary>
    /// <exception cref="ApiException">IsExpired: list anew. The server may say so in the middle.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType type, ResourceScope scope, string resourceVersion, TimeSpan duration, [EnumeratorCancellation] CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var seconds = ((int)duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var path = $"{type.CollectionPath(scope.Namespace)}?{Query(scope)}&watch=true&allowWatchBookmarks=true" +
            $"&resourceVersion={Uri.EscapeDataString(resourceVersion)}&timeoutSeconds={seconds}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(duration + RequestTimeout);       // a server that forgets to end it
        using var response = await OpenAsync(HttpMethod.Get, path, null, null, limit.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0) continue;
            using var json = JsonDocument.Parse(line);
            yield return Event<T>(path, json.RootElement);
        }
    }

    private static WatchEvent<T> Event<T>(string path, JsonElement line)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var obj = line.GetProperty("object");
        var kind = line.GetProperty("type").GetString() switch
        {
            "ADDED" => WatchKind.Added,
            "MODIFIED" => WatchKind.Modified,
            "DELETED" => WatchKind.Deleted,
            "BOOKMARK" => WatchKind.Bookmark,
            _ => throw Refusal(path, obj),
        };
        var version = obj.GetProperty("metadata").GetProperty("resourceVersion").GetString() ?? "";
        return new WatchEvent<T>(kind, version, kind == WatchKind.Bookmark ? null : ObjectJson.Read<T>(obj));
    }

    private static ApiException Refusal(string path, JsonElement status)
    {
        var code = status.TryGetProperty("code", out var number) && number.TryGetInt32(out var value) ? value : 500;
        var reason = status.TryGetProperty("reason", out var word) ? word.GetString() ?? "" : "";
        var message = status.TryGetProperty("message", out var text) ? text.GetString() ?? "" : status.GetRawText();
        return new ApiException((HttpStatusCode)code, reason, $"GET {path}: {code} {message}");
    }

    private static string Query(ResourceScope scope) =>
        (scope.LabelSelector is null ? "" : $"&labelSelector={Uri.EscapeDataString(scope.LabelSelector)}") +
        (scope.FieldSelector is null ? "" : $"&fieldSelector={Uri.EscapeDataString(scope.FieldSelector)}");
}
