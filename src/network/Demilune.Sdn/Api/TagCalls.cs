using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>/{collection}/{id}/tags and /tags/{tag}.</summary>
internal static class TagCalls
{
    public static ApiAnswer Answer(ApiRequest request, Draft draft, StandardResource resource, string[] rest)
    {
        var tags = resource.Tags ?? [];
        return (request.Method, rest) switch
        {
            ("GET", []) => List(tags, 200),
            ("PUT" or "POST", []) => Change(request, draft, resource),
            ("DELETE", []) => Set(draft, resource, []) ?? ApiAnswer.NoContent,
            ("GET", [var tag]) => tags.Contains(tag) ? ApiAnswer.NoContent : ApiAnswer.Of(Tags.NotFound(tag)),
            ("PUT", [var tag]) => tags.Contains(tag) ? new(201, null) : Set(draft, resource, [.. tags, tag]) ?? new(201, null),
            ("DELETE", [var tag]) => tags.Contains(tag)
                ? Set(draft, resource, [.. tags.Where(other => other != tag)]) ?? ApiAnswer.NoContent
                : ApiAnswer.Of(Tags.NotFound(tag)),
            _ => NetworkApi.NotAllowed(request.Method),
        };
    }

    private static ApiAnswer Change(ApiRequest request, Draft draft, StandardResource resource)
    {
        if (NetworkApi.TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        var value = body["tags"];
        if (value is null) return ApiAnswer.Of(Fault.InvalidInput("Invalid tags body"));
        if (Tags.Check(ref value) is { } objection) return ApiAnswer.Of(Fault.InvalidInput(objection.Reason));
        var given = value!.AsArray().Select(tag => tag!.GetValue<string>()).ToList();
        var wanted = request.Method == "POST" ? [.. (resource.Tags ?? []).Union(given)] : given;
        return Set(draft, resource, wanted) ?? List(wanted, 200);
    }

    /// <returns>The refusal, or null.</returns>
    private static ApiAnswer? Set(Draft draft, StandardResource resource, List<string> tags)
    {
        JsonNode? value = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]);
        if (Tags.LimitFault(tags) is { } many) return ApiAnswer.Of(many);
        if (Tags.Check(ref value) is { } objection) return ApiAnswer.Of(Fault.InvalidInput(objection.Reason));
        Tags.Set(draft, resource, tags);
        return null;
    }

    private static ApiAnswer List(IEnumerable<string> tags, int status) =>
        new(status, new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]) });
}
