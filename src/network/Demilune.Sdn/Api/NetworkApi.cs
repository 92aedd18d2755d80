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
        if (parts is ["extensions", ..]) return Read(request, () => Extensions.Answer(parts[1..]));
        if (parts is ["quotas", ..]) return Quotas.Answer(request, draft, parts[1..]);
        var depth = Collections.At(parts[0]) is not null ? 1 : 2;
        if (parts.Length < depth || Collections.At(string.Join('/', parts[..depth])) is not { } collection) return ApiAnswer.Of(Fault.NoSuchPath);
        return (request.Method, parts[depth..]) switch
        {
            ("GET", []) => Listing.Answer(collection, request, draft.State),
            ("POST", []) => Create(collection, request, draft),
            ("GET", [var id]) => WithOne(collection, id, draft, found => Show(collection, found, request, draft.State)),
            ("PUT", [var id]) => WithOne(collection, id, draft, found => Update(collection, found, request, draft)),
            ("DELETE", [var id]) => WithOne(collection, id, draft, found => Delete(collection, found, request, draft)),
            (_, []) or (_, [_]) => NotAllowed(request.Method),
            (_, [var id, "tags", .. var rest]) when collection.Standard && rest.Length <= 1 =>
                WithOne(collection, id, draft, found => TagCalls.Answer(request, draft, (StandardResource)found, rest)),
            ("PUT", [var id, var verb and ("add_addresses" or "remove_addresses")]) when collection is AddressGroups =>
                WithOne(collection, id, draft, found => ChangeAddresses(collection, (AddressGroup)found, verb, request, draft)),
            _ => ApiAnswer.Of(Fault.NoSuchPath),
        };
    }

    /// <summary>The body as an object, or why not.</summary>
    public static Fault? TryReadBody(ApiRequest request, out JsonObject body)
    {
        body = [];
        if (request.Body.IsEmpty) return Fault.BadRequest("Resource body required");
        if (!System.Text.Unicode.Utf8.IsValid(request.Body.Span)) return new(400, "MalformedRequestBody", "Malformed request body: not UTF-8.");
        try
        {
            body = JsonNode.Parse(request.Body.Span, documentOptions: Strict) as JsonObject ?? [];
            return body.Count == 0 ? Fault.BadRequest("Resource body required") : null;
        }
        catch (JsonException e)
        {
            return new(400, "MalformedRequestBody", $"Malformed request body: {e.Message}.");
        }
    }

    public static ApiAnswer NotAllowed(string method) =>
        ApiAnswer.Of(new(405, "HTTPMethodNotAllowed", $"The method {method} is not allowed for this resource."));

    private static ApiAnswer Read(ApiRequest request, Func<ApiAnswer> answer) => request.Method == "GET" ? answer() : NotAllowed(request.Method);

    private static ApiAnswer WithOne(Collection collection, string id, Draft draft, Func<Resource, ApiAnswer> then) =>
        draft.State.Find(collection.Kind, id) is { } found && draft.Caller.Sees(found)
            ? then(found)
            : ApiAnswer.Of(collection.NotFound(id));

    private static ApiAnswer Show(Collection collection, Resource found, ApiRequest request, NetworkState state) =>
        One(collection, Listing.Fields(collection.View(state, found), request), 200);

    private static ApiAnswer Create(Collection collection, ApiRequest request, Draft draft)
    {
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (body[collection.Name] is JsonArray many)
        {
            if (!collection.Bulk) return ApiAnswer.Of(Fault.BadRequest("Bulk operation not supported"));
            if (many.Count == 0) return ApiAnswer.Of(Fault.BadRequest("Resources required"));
            var made = new JsonArray();
            foreach (var item in many.ToList())
            {
                if (item is not JsonObject one) return ApiAnswer.Of(Fault.BadRequest($"Invalid body: {Checks.Quote(item)} is not a dictionary"));
                if (CreateOne(collection, one, draft, out var resource) is { } fault) return ApiAnswer.Of(fault);
                made.Add(collection.View(draft.State, resource));
            }
            return new(201, new JsonObject { [collection.Name] = made });
        }
        if (body[collection.Member] is not JsonObject attributes)
            return ApiAnswer.Of(Fault.BadRequest($"Unable to find '{collection.Member}' in request body"));
        return CreateOne(collection, attributes, draft, out var created) is { } refused
            ? ApiAnswer.Of(refused)
            : One(collection, collection.View(draft.State, created), 201);
    }

    private static Fault? CreateOne(Collection collection, JsonObject attributes, Draft draft, out Resource made)
    {
        made = null!;
        if (collection.Attributes.Complete(attributes, draft.Caller) is { } fault) return fault;
        return Quotas.Exceeded(draft.State, collection, attributes["project_id"]!.GetValue<string>())
            ?? collection.Create(draft, attributes, out made);
    }

    private static ApiAnswer Update(Collection collection, Resource found, ApiRequest request, Draft draft)
    {
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (body[collection.Member] is not JsonObject changes)
            return ApiAnswer.Of(Fault.BadRequest($"Unable to find '{collection.Member}' in request body"));
        if (RevisionFault(found, request.IfMatch) is { } stale) return ApiAnswer.Of(stale);
        if (collection is SecurityGroupRules) return NotAllowed(request.Method);
        if (collection.Attributes.CheckChanges(changes) is { } fault) return ApiAnswer.Of(fault);
        return collection.Update(draft, found, changes, out var now) is { } refused
            ? ApiAnswer.Of(refused)
            : One(collection, collection.View(draft.State, now), 200);
    }

    private static ApiAnswer Delete(Collection collection, Resource found, ApiRequest request, Draft draft) =>
        (RevisionFault(found, request.IfMatch) ?? collection.Delete(draft, found)) is { } fault ? ApiAnswer.Of(fault) : ApiAnswer.NoContent;

    private static ApiAnswer ChangeAddresses(Collection collection, AddressGroup group, string verb, ApiRequest request, Draft draft)
    {
        if (TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        // The real server takes {"addresses": […]} and, from its own client, {"address_group": {"addresses": […]}}.
        var value = body["addresses"] ?? (body["address_group"] as JsonObject)?["addresses"];
        if (value is null) return ApiAnswer.Of(Fault.BadRequest("Failed to parse request. Required attribute 'addresses' not specified"));
        if (AddressGroups.Addresses(ref value) is { } reason) return ApiAnswer.Of(Fault.BadRequest($"Invalid input for addresses. Reason: {reason}."));
        var addresses = value!.AsArray().Select(item => item!.GetValue<string>()).ToList();
        var fault = verb == "add_addresses"
            ? AddressGroups.Add(draft, group, addresses, out var changed)
            : AddressGroups.Remove(draft, group, addresses, out changed);
        return fault is null ? One(collection, collection.View(draft.State, changed), 200) : ApiAnswer.Of(fault);
    }

    /// <summary>If-Match: revision_number=N, for clients that must not overwrite what they have not seen.</summary>
    private static Fault? RevisionFault(Resource found, string? ifMatch)
    {
        const string Key = "revision_number=";
        if (ifMatch is null) return null;
        var text = ifMatch.Trim().Trim('"');
        if (!text.StartsWith(Key, StringComparison.Ordinal)
            || !long.TryParse(text.AsSpan(Key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
            return new(400, "HTTPBadRequest", "Bad if-match request. If-Match must be revision_number=N.");
        if (found is not StandardResource { RevisionNumber: { } revision })
            return Fault.BadRequest("The resource has no revision_number to match.");
        return wanted == revision ? null
            : new(412, "RevisionNumberConstraintFailed", $"Constrained to {wanted}, but current revision is {revision}");
    }

    private static ApiAnswer One(Collection collection, JsonObject view, int status) => new(status, new JsonObject { [collection.Member] = view });
}
