using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>Everything below /v2.0: (network, request) → (network', answer). Pure but for the draft it is given.</summary>
internal static class NetworkApi
{
    /// <summary>A body nested deeper than any that makes sense is refused before it costs stack.</summary>
    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The draft's changes count only if the answer's status is below 400.</summary>
    public static ApiAnswer Answer(ApiRequest request, Draft draft)
    {
        var path = request.Path.Trim('/');
        if (path.EndsWith(".json", StringComparison.Ordinal)) path = path[..^5];
        var parts = path.Split('/');
        if (draft.Caller.OnlyReads && request.Method is not ("GET" or "HEAD"))
            return ApiAnswer.Of(Fault.Forbidden($"rule:{request.Method.ToLowerInvariant()}_{parts[0]}"));
        if (parts is ["extensions", ..]) return Read(request, () => Extensions.Answer(parts[1..]));
        if (parts is ["quotas", ..]) return Quotas.Answer(request, draft, parts[1..]);
        if (parts is ["qos", "rule-types", ..]) return Read(request, () => QosRuleTypeCalls.Answer(parts[2..], draft.Caller));
        if (parts is ["agents", ..]) return Read(request, () => parts.Length == 1 ? ReadOnlyCalls.Empty("agents") : ReadOnlyCalls.AgentNotFound(draft, parts[1]));
        if (parts is ["availability_zones"]) return Read(request, () => ReadOnlyCalls.Empty("availability_zones"));
        if (parts is ["floatingip_pools" or "floatingip-pools"]) return Read(request, () => ReadOnlyCalls.FloatingPools(request, draft));
        if (parts is ["network-ip-availabilities", ..]) return Read(request, () => ReadOnlyCalls.Availability(request, draft, parts[1..]));
        // Tags of QoS policies are asked for by a shorter path.
        if (parts is ["policies", _, "tags", ..]) parts = ["qos", .. parts];
        if (Route.Find(parts) is not { } route) return ApiAnswer.Of(Fault.NoSuchPath);
        if (route is { ParentId: { } parent, Collection.Parent: { } above } && !draft.Sees(above.Kind, parent))
            return ApiAnswer.Of(request.Method == "POST" && route.Collection.AdminWrites && !draft.Caller.IsAdmin
                ? Fault.Forbidden($"rule:create_{route.Collection.Member}") : Collections.Of(above.Kind).NotFound(parent));
        var collection = route.Collection;
        return (request.Method, route.Rest) switch
        {
            ("GET", []) => Listing.Answer(route, request, draft),
            ("POST", []) => Create(route, request, draft),
            ("GET", [var id]) => WithOne(route, id, draft, found => Show(collection, found, request, draft)),
            ("PUT", [var id]) => Update(route, id, request, draft),
            ("DELETE", [var id]) => WithOne(route, id, draft, found => Delete(collection, found, request, draft)),
            // So does the real server take it.
            ("PUT" or "DELETE", []) => ApiAnswer.Of(collection.NotFound("None")),
            (_, []) or (_, [_]) => NotAllowed(request.Method),
            ("GET", [var id, "get_subports"]) when collection is Trunks => WithOne(route, id, draft, found => new(200, Trunks.SubPorts((Trunk)found))),
            (_, [var id, "tags", .. var rest]) when collection.Standard && rest.Length <= 1 =>
                WithTagged(route, id, draft, found => TagCalls.Answer(request, draft, (StandardResource)found, rest)),
            ("PUT", [var id, var verb]) when collection.Actions.TryGetValue(verb, out var action) =>
                WithOne(route, id, draft, found => Act(collection, found, verb, action, request, draft)),
            (_, [_, var verb]) when collection.Actions.ContainsKey(verb) => NotAllowed(request.Method),
            _ => ApiAnswer.Of(Fault.NoSuchPath),
        };
    }

    /// <summary>The body as an object (without one: an empty object), or why not.</summary>
    public static Fault? TryReadBody(ApiRequest request, out JsonObject body)
    {
        body = [];
        if (request.Body.IsEmpty) return null;
        if (!System.Text.Unicode.Utf8.IsValid(request.Body.Span)) return Fault.BadRequest("Body contains invalid data: not UTF-8");
        try
        {
            if (JsonNode.Parse(request.Body.Span, documentOptions: Strict) is not JsonObject members) return Fault.BadRequest("Body contains invalid data");
            body = members;
            return null;
        }
        catch (JsonException e)
        {
            return Fault.BadRequest($"Body contains invalid data: {e.Message}");
        }
    }

    public static ApiAnswer NotAllowed(string method) =>
        ApiAnswer.Of(new(405, "HTTPMethodNotAllowed", $"The method {method} is not allowed for this resource."));

    private static ApiAnswer Read(ApiRequest request, Func<ApiAnswer> answer) => request.Method == "GET" ? answer() : NotAllowed(request.Method);

    private static ApiAnswer WithOne(Route route, string id, Draft draft, Func<Resource, ApiAnswer> then) =>
        draft.State.Find(route.Collection.Kind, id) is { } found && route.Collection.Has(found) && draft.Sees(found)
        && (route.ParentId is null || route.Collection.References(found).Contains(route.ParentId))
            ? then(found)
            : ApiAnswer.Of(route.Collection.NotFound(id));

    /// <summary>The calls for tags say in words of their own that there is nothing to tag, also where it is only not the caller's.</summary>
    private static ApiAnswer WithTagged(Route route, string id, Draft draft, Func<Resource, ApiAnswer> then) =>
        draft.State.Find(route.Collection.Kind, id) is { } found && draft.Sees(found)
            ? then(found)
            : ApiAnswer.Of(new(404, "TagResourceNotFound", $"Resource {route.Collection.Name} {id} could not be found."));

    private static ApiAnswer Show(Collection collection, Resource found, ApiRequest request, Draft draft) =>
        new(200, new JsonObject { [collection.Member] = Listing.Fields(View(collection, found, draft), request) });

    /// <summary>As this caller is to see it.</summary>
    public static JsonObject View(Collection collection, Resource resource, Draft draft) =>
        Hidden(collection, WholeView(collection, resource, draft), draft);

    /// <summary>With what only administrators are shown.</summary>
    public static JsonObject WholeView(Collection collection, Resource resource, Draft draft)
    {
        var view = collection.View(draft.State, resource);
        if (collection.SharedAs is not null) view["shared"] = draft.IsShared(resource);
        if (resource is Network network) view["router:external"] = draft.IsExternal(network);
        return view;
    }

    /// <summary>Without what this caller is not shown.</summary>
    public static JsonObject Hidden(Collection collection, JsonObject view, Draft draft)
    {
        if (!draft.Caller.IsAdmin)
            foreach (var hidden in collection.Attributes.Hidden)
                view.Remove(hidden);
        return view;
    }

    private static ApiAnswer Create(Route route, ApiRequest request, Draft draft)
    {
        var collection = route.Collection;
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (body[collection.Name] is { } several && body[collection.Member] is null)
        {
            if (!collection.Bulk) return ApiAnswer.Of(Fault.BadRequest("Bulk operation not supported"));
            if (several is not JsonArray many) return ApiAnswer.Of(Fault.BadRequest("Resources required"));
            if (many.Count == 0) return ApiAnswer.Of(Fault.BadRequest("Resources required"));
            var wanted = new List<JsonObject>();
            foreach (var item in many)
                if (item is not JsonObject one) return ApiAnswer.Of(Fault.BadRequest("Body contains invalid data"));
                // Each may be wrapped as a single one is.
                else wanted.Add(one.Count == 1 && one[collection.Member] is JsonObject inner ? inner : one);
            if (collection.TogetherFault(wanted) is { } together) return ApiAnswer.Of(together);
            var made = new JsonArray();
            foreach (var one in wanted)
            {
                if (CreateOne(route, one, draft, out var resource) is { } fault) return ApiAnswer.Of(fault);
                made.Add(View(collection, resource, draft));
            }
            return new(201, new JsonObject { [collection.Name] = made });
        }
        if (MemberFault(collection, body, out var attributes) is { } missing) return ApiAnswer.Of(missing);
        return CreateOne(route, attributes, draft, out var created) is { } refused
            ? ApiAnswer.Of(refused)
            : One(collection, created, draft, 201);
    }

    private static Fault? CreateOne(Route route, JsonObject attributes, Draft draft, out Resource made)
    {
        made = null!;
        var collection = route.Collection;
        if (collection.Attributes.Complete(attributes, draft.Caller) is { } fault) return fault;
        if (collection.AdminWrites && !draft.Caller.IsAdmin) return Fault.Forbidden($"rule:create_{collection.Member}");
        if (collection.Attributes.ForbiddenTo(draft.Caller, attributes, "create", collection.Member) is { } forbidden) return forbidden;
        if (collection.Parent is { } parent) attributes[parent.Attribute] = route.ParentId;
        return (attributes["project_id"] is { } project ? Quotas.Exceeded(draft.State, collection, project.GetValue<string>()) : null)
            ?? collection.Create(draft, attributes, out made);
    }

    /// <summary>What is said is judged before it is known whether there is anything to change.</summary>
    private static ApiAnswer Update(Route route, string id, ApiRequest request, Draft draft)
    {
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (MemberFault(route.Collection, body, out var changes) is { } missing) return ApiAnswer.Of(missing);
        return route.Collection.Attributes.CheckChanges(changes) is { } fault
            ? ApiAnswer.Of(fault)
            : WithOne(route, id, draft, found => Update(route.Collection, found, changes, request, draft));
    }

    private static Fault? MemberFault(Collection collection, JsonObject body, out JsonObject members)
    {
        members = body[collection.Member] as JsonObject ?? [];
        return body[collection.Member] switch
        {
            JsonObject => null,
            null => Fault.BadRequest($"Unable to find '{collection.Member}' in request body"),
            _ => Fault.BadRequest($"Object '{collection.Member}' contains invalid data"),
        };
    }

    private static ApiAnswer Update(Collection collection, Resource found, JsonObject changes, ApiRequest request, Draft draft)
    {
        if (RevisionFault(found, request.IfMatch) is { } stale) return ApiAnswer.Of(stale);
        if (!collection.Updatable) return NotAllowed(request.Method);
        var fault = WriteFault(collection, found, "update", draft)
            ?? collection.Attributes.ForbiddenTo(draft.Caller, changes, "update", collection.Member);
        if (fault is not null) return ApiAnswer.Of(fault);
        return collection.Update(draft, found, changes, out var now) is { } refused
            ? ApiAnswer.Of(refused)
            : One(collection, now, draft, 200);
    }

    private static ApiAnswer Delete(Collection collection, Resource found, ApiRequest request, Draft draft) =>
        (RevisionFault(found, request.IfMatch) ?? WriteFault(collection, found, "delete", draft) ?? collection.Delete(draft, found)) is { } fault
            ? ApiAnswer.Of(fault)
            : ApiAnswer.NoContent;

    private static ApiAnswer Act(Collection collection, Resource found, string verb, MemberAction action, ApiRequest request, Draft draft)
    {
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        return WriteFault(collection, found, verb, draft) is { } forbidden ? ApiAnswer.Of(forbidden) : action(draft, found, body);
    }

    /// <summary>What the caller sees without owning it, it may not change.</summary>
    private static Fault? WriteFault(Collection collection, Resource found, string verb, Draft draft) =>
        draft.Caller.IsAdmin || !collection.AdminWrites && draft.Owns(found) ? null
        : collection.HidesFromStrangers ? collection.NotFound(found.Id)
        : Fault.Forbidden($"rule:{verb}_{collection.Member}");

    /// <summary>If-Match: revision_number=N, for clients that must not overwrite what they have not seen.</summary>
    private static Fault? RevisionFault(Resource found, string? ifMatch)
    {
        const string Key = "revision_number=";
        // A condition of another kind is not ours to judge.
        if (ifMatch?.Trim().Trim('"') is not { } text || !text.StartsWith("revision_number", StringComparison.Ordinal)) return null;
        if (!text.StartsWith(Key, StringComparison.Ordinal)
            || !long.TryParse(text.AsSpan(Key.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var wanted))
            return new(400, "BadRequest", "Bad if-match request: revision_number must be a number, once.");
        if (found is not StandardResource { RevisionNumber: { } revision })
            return Fault.BadRequest("The resource has no revision_number to match.");
        return wanted == revision ? null
            : new(412, "RevisionNumberConstraintFailed", $"Constrained to {wanted}, but current revision is {revision}");
    }

    public static ApiAnswer One(Collection collection, Resource resource, Draft draft, int status) =>
        new(status, new JsonObject { [collection.Member] = View(collection, resource, draft) });
}
