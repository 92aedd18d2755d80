using System.Text.Json.Nodes;
using Demilune.Local.Access;
using Demilune.Local.Patches;
using Demilune.Local.Resources;
using Demilune.Local.Storage;
using Demilune.Local.Subresources;

namespace Demilune.Local.Api;

/// <summary>Takes a request apart and gives it to whoever answers it; turns everything thrown into a Status.</summary>
internal sealed partial class ApiServer(
    ObjectStore store, ObjectWriter writer, Catalog catalog, Authentication authentication, SubresourceVerbs subresources, Reviews reviews, OpenApi openApi, TimeProvider time, ILogger<ApiServer> log)
{
    private readonly ObjectReader _reader = new(store);
    private readonly PatchVerb _patch = new(writer);

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            var user = authentication.Identify(http);
            await RouteAsync(http, user);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (StatusException e)
        {
            await AnswerAsync(http, e);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(http, e.StatusCode is 413 ? Body.TooLarge() : StatusException.BadRequest(e.Message));
        }
        catch (Exception e)
        {
            // The request boundary: whatever is wrong with one request must not end the others.
            RequestFailed(log, e, http.Request.Method, http.Request.Path);
            await AnswerAsync(http, new StatusException(500, "InternalError", $"Internal error occurred: {e.Message}"));
        }
    }

    private static async Task AnswerAsync(HttpContext http, StatusException error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        if (error.Code is 503) http.Response.Headers.RetryAfter = "1";
        await Answer.JsonAsync(http.Response, error.ToStatus(), error.Code);
    }

    private Task RouteAsync(HttpContext http, User user)
    {
        var path = http.Request.Path.Value ?? "/";
        if (NonResource(http, path) is { } answered) return answered;
        if (RequestPath.TryParse(path) is not { } target || catalog.Current.Find(target.Group, target.Version, target.Resource) is not { } type) throw StatusException.NoSuchPath();
        if (type.IsReview) return ReviewAsync(http, type, user);
        if (!type.Namespaced && target.Namespace is not null) throw StatusException.NoSuchPath();
        if (target.Subresource is { } subresource)
        {
            if (subresource is "status" && type.HasStatus) return ObjectAsync(http, type, target);
            if (type.Subresources.Any(known => known.Name == subresource)) return subresources.RunAsync(http, type, target);
            throw StatusException.NoSuchPath();
        }
        return target.Name is null ? CollectionAsync(http, type, target) : ObjectAsync(http, type, target);
    }

    private Task? NonResource(HttpContext http, string path)
    {
        switch (path)
        {
            case "/healthz" or "/livez" or "/readyz":
                return http.Response.WriteAsync("ok", http.RequestAborted);
            case "/version" or "/version/":
                return Answer.JsonAsync(http.Response, Discovery.Version());
            case "/":
                return Answer.JsonAsync(http.Response, new JsonObject { ["paths"] = new JsonArray("/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version") });
            case "/openapi/v2":
                return openApi.V2Async(http);
        }
        if (path == "/openapi/v3" || path.StartsWith("/openapi/v3/", StringComparison.Ordinal)) return openApi.V3Async(http, path);
        var current = catalog.Current;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        JsonObject? document = parts switch
        {
            ["api"] => WantsAggregated(http, out var version) ? Discovery.Aggregated(current, core: true, version) : Discovery.CoreVersions(http.Request.Host.Value ?? ""),
            ["apis"] => WantsAggregated(http, out var version) ? Discovery.Aggregated(current, core: false, version) : Discovery.Groups(current),
            ["api", var version] => Discovery.Resources(current, "", version),
            ["apis", var group] => Discovery.Group(current, group),
            ["apis", var group, var version] => Discovery.Resources(current, group, version),
            _ => null,
        };
        if (document is null) return null;
        if (document.Text("kind") is "APIGroupDiscoveryList")
        {
            http.Response.Headers.Vary = "Accept";
            http.Response.ContentType = $"application/json;g=apidiscovery.k8s.io;v={document.Text("apiVersion")!.Split('/')[1]};as=APIGroupDiscoveryList";
            return http.Response.Body.WriteAsync(JsonText.Bytes(document)).AsTask();
        }
        return Answer.JsonAsync(http.Response, document);
    }

    private static bool WantsAggregated(HttpContext http, out string version)
    {
        version = "";
        foreach (var offer in http.Request.Headers.Accept.SelectMany(header => (header ?? "").Split(',')))
        {
            if (!offer.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)) continue;
            version = offer.Contains("v=v2beta1", StringComparison.Ordinal) ? "v2beta1" : "v2";
            return true;
        }
        return false;
    }

    private async Task ReviewAsync(HttpContext http, ResourceType type, User user)
    {
        if (!HttpMethods.IsPost(http.Request.Method)) throw StatusException.MethodNotAllowed();
        var review = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
        await Answer.JsonAsync(http.Response, reviews.Answer(type, review, user), 201);
    }

    private async Task CollectionAsync(HttpContext http, ResourceType type, RequestPath target)
    {
        switch (http.Request.Method)
        {
            case "GET" or "HEAD":
                if (http.Request.Query["watch"].ToString() is "true" or "1") await new WatchStream(http, type, target.Namespace, store, time).RunAsync();
                else await _reader.ListAsync(http, type, target.Namespace, time.GetUtcNow());
                break;
            case "POST":
                var options = WriteOptions.From(http.Request);
                var body = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
                // Without a namespace in the path the object's own decides, and then it must say one.
                var ns = !type.Namespaced ? "" : target.Namespace ?? throw StatusException.BadRequest("an empty namespace may not be set during creation");
                await Answer.ObjectAsync(http, type, writer.Create(type, ns, body, options), time.GetUtcNow(), options, 201);
                break;
            case "DELETE":
                await DeleteCollectionAsync(http, type, target);
                break;
            default:
                throw StatusException.MethodNotAllowed();
        }
    }

    private async Task ObjectAsync(HttpContext http, ResourceType type, RequestPath target)
    {
        if (type.Namespaced && target.Namespace is null) throw StatusException.NoSuchPath();
        var name = new ObjectName(target.Namespace ?? "", target.Name!);
        switch (http.Request.Method)
        {
            case "GET" or "HEAD":
                if (http.Request.Query["watch"].ToString() is "true" or "1") await new WatchStream(http, type, target.Namespace, store, time) { Name = name.Name }.RunAsync();
                else await Answer.ObjectAsync(http, type, _reader.Get(type, name), time.GetUtcNow());
                break;
            case "PUT":
                var options = WriteOptions.From(http.Request, target.Subresource);
                var body = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
                if (type.IsCustom && body.Text("metadata", "resourceVersion") is null or "")
                    throw StatusException.Invalid(type.Group, type.Kind, name.Name, [new Cause("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0x0: must be specified for an update")]);
                await Answer.ObjectAsync(http, type, writer.Update(type, name, _ => body.DeepClone().AsObject(), options), time.GetUtcNow(), options);
                break;
            case "PATCH":
                var patchOptions = WriteOptions.From(http.Request, target.Subresource);
                var (patched, created) = await _patch.RunAsync(http, type, name, patchOptions);
                await Answer.ObjectAsync(http, type, patched, time.GetUtcNow(), patchOptions, created ? 201 : 200);
                break;
            case "DELETE" when target.Subresource is null:
                var (gone, really) = writer.Delete(type, name, await ReadDeletionAsync(http));
                if (!really || type.Storage is "pods") await Answer.ObjectAsync(http, type, gone, time.GetUtcNow());
                else await Answer.JsonAsync(http.Response, Success(type, gone));
                break;
            default:
                throw StatusException.MethodNotAllowed();
        }
    }

    private async Task DeleteCollectionAsync(HttpContext http, ResourceType type, RequestPath target)
    {
        var labels = Selectors.LabelSelector.Parse(http.Request.Query["labelSelector"]);
        var fields = Selectors.FieldSelector.Parse(http.Request.Query["fieldSelector"], type);
        var options = await ReadDeletionAsync(http);
        var deleted = new List<StoredObject>();
        var snapshot = store.Current;
        foreach (var stored in snapshot.In(type.Storage, target.Namespace).Where(stored => labels.Matches(stored.Root) && fields.Matches(stored.Root)))
        {
            try
            {
                deleted.Add(writer.Delete(type, stored.Name, options with { Uid = stored.Uid }).Object);
            }
            catch (StatusException e) when (e.Code is 404 or 409)
            {
                // Somebody deleted it first: that is what was wanted.
            }
        }
        await Answer.ListAsync(http, type, deleted, store.Current.Revision, null, null, time.GetUtcNow());
    }

    private static async Task<DeletionOptions> ReadDeletionAsync(HttpContext http)
    {
        var body = await Body.ReadOptionalObjectAsync(http.Request, http.RequestAborted);
        return Deletions.Read(body, http.Request.Query);
    }

    private static JsonObject Success(ResourceType type, StoredObject gone)
    {
        var details = new JsonObject { ["name"] = gone.Name.Name, ["kind"] = type.Plural, ["uid"] = gone.Uid };
        if (type.Group.Length > 0) details["group"] = type.Group;
        return new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details };
    }

    [LoggerMessage(1100, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void RequestFailed(ILogger log, Exception error, string method, string path);
}
