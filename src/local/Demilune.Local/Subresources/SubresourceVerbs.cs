using System.Text.Json.Nodes;
using Demilune.Local.Access;
using Demilune.Local.Api;
using Demilune.Local.Controllers;
using Demilune.Local.Pods;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Subresources;

/// <summary>Subresources that are more than a part of the object.</summary>
internal sealed class SubresourceVerbs(ObjectWriter writer, Catalog catalog, ServiceAccountTokens tokens, EndpointProxy proxy, TimeProvider time, IServiceProvider services)
{
    /// <summary>What a token lives when nobody says, and the bounds of what may be said.</summary>
    private const long DefaultTokenSeconds = 3600, MinTokenSeconds = 600, MaxTokenSeconds = 86_400 * 365;

    public Task RunAsync(HttpContext http, ResourceType type, RequestPath target)
    {
        var name = new ObjectName(target.Namespace ?? "", target.Name!);
        return (type.Storage, target.Subresource, http.Request.Method) switch
        {
            ("pods" or "services", "proxy", _) => proxy.RunAsync(http, type, name, target.Rest),
            ("pods", "log", "GET") => new PodStreams(Runtime(), writer.Store).LogAsync(http, name),
            ("pods", "exec", "GET" or "POST") => new PodStreams(Runtime(), writer.Store).ExecAsync(http, name, attach: false),
            ("pods", "attach", "GET" or "POST") => new PodStreams(Runtime(), writer.Store).ExecAsync(http, name, attach: true),
            ("pods", "binding", "POST") => BindAsync(http, type, name),
            ("pods", "eviction", "POST") => EvictAsync(http, type, name),
            ("serviceaccounts", "token", "POST") => IssueTokenAsync(http, type, name),
            ("namespaces", "finalize", "PUT") => FinalizeAsync(http, type, name),
            _ => throw StatusException.MethodNotAllowed(),
        };
    }

    private IPodRuntime Runtime() => services.GetService<IPodRuntime>() ?? throw StatusException.Unavailable("this API server runs without a node: there are no containers to reach");

    private async Task BindAsync(HttpContext http, ResourceType type, ObjectName name)
    {
        var binding = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
        if (binding.Text("target", "name") is not { Length: > 0 } node) throw StatusException.Invalid("", "Binding", name.Name, [new Cause("target.name", "FieldValueRequired", "Required value")]);
        Binding.Bind(writer, type, name, binding.Text("metadata", "uid"), node);
        await Answer.JsonAsync(http.Response, Success(), 201);
    }

    private async Task EvictAsync(HttpContext http, ResourceType type, ObjectName name)
    {
        var eviction = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
        writer.Delete(type, name, Deletions.Read(eviction["deleteOptions"] as JsonObject, http.Request.Query));
        await Answer.JsonAsync(http.Response, Success(), 201);
    }

    private async Task IssueTokenAsync(HttpContext http, ResourceType type, ObjectName name)
    {
        var account = writer.Store.Current.Find(type.Storage, name) ?? throw StatusException.NotFound(type.GroupResource, name.Name);
        var request = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
        var seconds = Math.Clamp(request.Number("spec", "expirationSeconds") ?? DefaultTokenSeconds, MinTokenSeconds, MaxTokenSeconds);
        var audiences = request.Items("spec", "audiences").Select(a => a.Text() ?? "").Where(a => a.Length > 0).ToArray();
        if (audiences.Length is 0) audiences = [ServiceAccountTokens.Issuer];
        StoredObject? pod = null;
        if (request.At("spec", "boundObjectRef") is JsonObject bound)
        {
            if (bound.Text("kind") is not "Pod") throw StatusException.BadRequest("spec.boundObjectRef: a token can be bound to a Pod only");
            var podName = bound.Text("name") ?? "";
            pod = writer.Store.Current.Find("pods", name.Namespace, podName) ?? throw StatusException.NotFound("pods", podName);
            if (bound.Text("uid") is { Length: > 0 } uid && uid != pod.Uid) throw StatusException.Conflict(type.GroupResource, name.Name, $"the UID in the bound object reference ({uid}) does not match the UID in record");
        }
        var expires = time.GetUtcNow().AddSeconds(seconds);
        request["kind"] = "TokenRequest";
        request["apiVersion"] = "authentication.k8s.io/v1";
        request["status"] = new JsonObject { ["token"] = tokens.Issue(account, pod, audiences, expires), ["expirationTimestamp"] = expires.Timestamp() };
        await Answer.JsonAsync(http.Response, request, 201);
    }

    private async Task FinalizeAsync(HttpContext http, ResourceType type, ObjectName name)
    {
        var body = await Body.ReadObjectAsync(http.Request, http.RequestAborted);
        var stored = writer.Update(type, name, current =>
        {
            current.Child("spec")["finalizers"] = body.At("spec", "finalizers")?.DeepClone() ?? new JsonArray();
            return current;
        }, new WriteOptions { Subresource = "finalize" });
        await Answer.ObjectAsync(http, catalog.Current.FindKind("", "Namespace")!, stored, time.GetUtcNow());
    }

    private static JsonObject Success() => new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["code"] = 201 };
}
