using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;

namespace Demilune.Local.Api;

/// <summary>OpenAPI documents for kubectl explain, apply and validation: one per group version (v3), or all in one (v2).</summary>
internal sealed class OpenApi(Catalog catalog)
{
    private readonly Lock _lock = new();
    private CatalogSnapshot? _of;
    private Dictionary<string, (byte[] Bytes, string Hash)> _documents = [];

    public Task V3Async(HttpContext http, string path)
    {
        var documents = Documents();
        if (path is "/openapi/v3" or "/openapi/v3/")
        {
            var paths = new JsonObject();
            foreach (var (name, document) in documents) paths[name] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{name}?hash={document.Hash}" };
            return Answer.JsonAsync(http.Response, new JsonObject { ["paths"] = paths });
        }
        if (!documents.TryGetValue(path["/openapi/v3/".Length..], out var found)) throw StatusException.NoSuchPath();
        http.Response.Headers.ETag = $"\"{found.Hash}\"";
        http.Response.ContentType = "application/json";
        return http.Response.Body.WriteAsync(found.Bytes).AsTask();
    }

    public Task V2Async(HttpContext http)
    {
        // The protobuf form is for clients older than the ones this server is for; it says so rather than send what they cannot read.
        var accept = http.Request.Headers.Accept.ToString();
        if (accept.Contains("protobuf", StringComparison.Ordinal) && !accept.Contains("application/json", StringComparison.Ordinal) && !accept.Contains("*/*", StringComparison.Ordinal))
            throw new StatusException(406, "NotAcceptable", "only the following media types are accepted: application/json");
        var writer = new OpenApiWriter("#/definitions/");
        var paths = new JsonObject();
        foreach (var type in catalog.Current.Types) writer.AddKind(type, paths);
        return Answer.JsonAsync(http.Response, new JsonObject
        {
            ["swagger"] = "2.0", ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" }, ["paths"] = paths, ["definitions"] = writer.Components,
        });
    }

    private Dictionary<string, (byte[] Bytes, string Hash)> Documents()
    {
        lock (_lock)
        {
            var current = catalog.Current;
            if (ReferenceEquals(_of, current)) return _documents;
            var documents = new Dictionary<string, (byte[], string)>(StringComparer.Ordinal);
            foreach (var group in current.Types.GroupBy(type => (type.Group, type.Version)))
            {
                var name = group.Key.Group.Length is 0 ? $"api/{group.Key.Version}" : $"apis/{group.Key.Group}/{group.Key.Version}";
                // Built-in documents never change while the server runs: only those of custom kinds are made again.
                if (_documents.TryGetValue(name, out var known) && !group.Any(type => type.IsCustom)) documents[name] = known;
                else documents[name] = Write(group);
            }
            _of = current;
            return _documents = documents;
        }
    }

    private static (byte[], string) Write(IEnumerable<ResourceType> types)
    {
        var writer = new OpenApiWriter("#/components/schemas/");
        var paths = new JsonObject();
        foreach (var type in types) writer.AddKind(type, paths);
        var bytes = JsonText.Bytes(new JsonObject
        {
            ["openapi"] = "3.0.0", ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" }, ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = writer.Components },
        });
        return (bytes, Convert.ToHexString(SHA256.HashData(bytes), 0, 16).ToLower(CultureInfo.InvariantCulture));
    }
}
