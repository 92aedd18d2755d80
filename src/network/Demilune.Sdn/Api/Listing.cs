using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>GET of a collection: filters, order, pages, fields.</summary>
internal static class Listing
{
    private static readonly string[] Reserved = ["fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"];
    /// <summary>Of many values, or worked out from other objects.</summary>
    private static readonly string[] Unsortable =
    [
        "subnets", "fixed_ips", "security_groups", "allowed_address_pairs", "extra_dhcp_opts", "tags", "binding:profile", "binding:vif_details",
        "security_group_rules", "rules", "availability_zones", "availability_zone_hints", "port_details", "external_gateway_info", "routes", "sub_ports",
        "allocation_pools", "host_routes", "dns_nameservers", "addresses", "prefixes", "shared", "router:external", "description",
    ];

    private static readonly string[] TagFilters = ["tags", "tags-any", "not-tags", "not-tags-any"];

    public static ApiAnswer Answer(Route route, ApiRequest request, Draft draft)
    {
        var (collection, state) = (route.Collection, draft.State);
        if (Order(collection, request, out var order) is { } disorder) return ApiAnswer.Of(disorder);
        if (Page(request, out var limit, out var reverse) is { } bad) return ApiAnswer.Of(bad);
        if (FilterFault(request) is { } filter) return ApiAnswer.Of(filter);
        var filters = request.Query.Where(pair => !Reserved.Contains(pair.Key)).ToLookup(pair => pair.Key, pair => pair.Value);

        // Where the last page ended counts even if it is no longer, or not for this caller, in the list: it is never shown again.
        var marker = limit is null ? null : Single(request, "marker");
        var found = Candidates(collection, filters, state).Where(resource => collection.Has(resource) && (draft.Sees(resource) || resource.Id == marker)
                && (route.ParentId is null || collection.References(resource).Contains(route.ParentId)))
            // By what it really is, also by what this caller is not shown.
            .Select(resource => (Resource: resource, View: NetworkApi.WholeView(collection, resource, draft)))
            .Where(of => of.Resource.Id == marker || filters.All(filter => filter.Key == "shared" && of.Resource is Subnet subnet ? MatchesShared(subnet, filter, draft) : Matches(of.View, filter))).Select(of => NetworkApi.Hidden(collection, of.View, draft));
        if (order.Count > 0) found = Sorted(found, order);
        var all = found.ToList();
        if (reverse) all.Reverse();

        var start = 0;
        if (marker is not null)
        {
            start = all.FindIndex(view => view["id"]!.GetValue<string>() == marker) + 1;
            if (start == 0) return ApiAnswer.Of(collection.NotFound(marker));
        }
        var page = all.Skip(start).Take(limit ?? int.MaxValue).ToList();
        if (reverse) page.Reverse();
        // Before the fields that were not asked for are gone: links are by id.
        var links = limit is null ? null : Links(request, page, limit.Value, reverse);
        var body = new JsonObject { [collection.Name] = new JsonArray([.. page.Select(view => Fields(view, request))]) };
        if (links is { Count: > 0 }) body[collection.Name + "_links"] = links;
        return new(200, body);
    }

    /// <summary>The attributes asked for; unknown names ask for nothing, as in the real server.</summary>
    public static JsonObject Fields(JsonObject view, ApiRequest request)
    {
        var wanted = request.Query.Where(pair => pair.Key == "fields").Select(pair => pair.Value).ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 0) return view;
        foreach (var name in view.Select(member => member.Key).Where(name => !wanted.Contains(name)).ToList()) view.Remove(name);
        return view;
    }

    /// <summary>By id there is no need to look at all: that is what most clients ask.</summary>
    private static IEnumerable<Resource> Candidates(Collection collection, ILookup<string, string> filters, NetworkState state) =>
        filters.Contains("id")
            ? filters["id"].Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(id => state.Find(collection.Kind, id)).OfType<Resource>()
            : state.All(collection.Kind);

    private static bool Matches(JsonObject view, IGrouping<string, string> filter)
    {
        if (TagFilters.Contains(filter.Key)) return MatchesTags(view, filter);
        if (filter.Key == "fixed_ips") return MatchesAddresses(view, filter);
        // Nothing can be said of an attribute that does not exist: without its filter-validation extension Neutron ignores it. Nor is a
        // network found by its subnets.
        if (filter.Key == "subnets") return true;
        return !view.TryGetPropertyValue(filter.Key, out var value) || filter.Any(wanted => Equal(value, wanted));
    }

    /// <summary>A subnet does not show it, but is shared where its network is.</summary>
    private static bool MatchesShared(Subnet subnet, IGrouping<string, string> filter, Draft draft) =>
        draft.State.Find<Network>(subnet.NetworkId) is { } network && filter.Any(wanted => Equal(JsonValue.Create(draft.IsShared(network)), wanted));

    private static bool Equal(JsonNode? value, string wanted) => value switch
    {
        null => wanted.Length == 0,
        JsonArray list => list.Any(item => item is JsonObject members ? HasMember(members, wanted) : Equal(item, wanted)),
        JsonObject => false,
        _ when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False =>
            value.GetValue<bool>() == wanted.ToLowerInvariant() is "1" or "true" or "t" or "yes" or "y" or "on",
        // As MySQL compares: case does not count.
        _ => string.Equals(value.ToString(), wanted, StringComparison.OrdinalIgnoreCase),
    };

    private static bool HasMember(JsonObject members, string wanted)
    {
        var equals = wanted.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && members.TryGetPropertyValue(wanted[..equals], out var value) && value?.ToString() == wanted[(equals + 1)..];
    }

    /// <summary>fixed_ips=ip_address=10.0.0.5: one of the addresses, and one of the subnets, and one of the pieces of an address.</summary>
    private static bool MatchesAddresses(JsonObject view, IGrouping<string, string> filter)
    {
        var addresses = (view["fixed_ips"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        return filter.Select(text => text.Split('=', 2)).Where(pair => pair.Length == 2).GroupBy(pair => pair[0], pair => pair[1]).All(wanted =>
            addresses.Exists(ip => wanted.Any(text => wanted.Key switch
            {
                "ip_address_substr" => ip["ip_address"]!.GetValue<string>().Contains(text, StringComparison.OrdinalIgnoreCase),
                "ip_address" => ip["ip_address"]!.GetValue<string>() == (Address.TryParse(text, out var address) ? address.ToString() : text),
                _ => ip[wanted.Key]?.ToString() == text,
            })));
    }

    /// <summary>A switch is asked for as one, or not at all.</summary>
    private static Fault? FilterFault(ApiRequest request)
    {
        foreach (var (name, value) in request.Query)
            if (name is "admin_state_up" or "shared" or "router:external" or "enable_dhcp" or "port_security_enabled" or "is_default" or "stateful")
            {
                JsonNode? text = value;
                if (Checks.Bool(ref text) is { } objection) return objection.In(name);
            }
        return null;
    }

    private static bool MatchesTags(JsonObject view, IGrouping<string, string> filter)
    {
        var has = (view["tags"] as JsonArray ?? []).Select(tag => tag!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        var wanted = filter.SelectMany(text => text.Split(',')).ToList();
        return filter.Key switch
        {
            "tags" => wanted.All(has.Contains),
            "tags-any" => wanted.Any(has.Contains),
            "not-tags" => !wanted.All(has.Contains),
            _ => !wanted.Any(has.Contains),
        };
    }

    private static Fault? Order(Collection collection, ApiRequest request, out List<(string Key, bool Descending)> order)
    {
        order = [];
        var keys = request.Query.Where(pair => pair.Key == "sort_key").Select(pair => pair.Value).ToList();
        var directions = request.Query.Where(pair => pair.Key == "sort_dir").Select(pair => pair.Value).ToList();
        if (keys.Count != directions.Count) return Fault.BadRequest("The number of sort_keys and sort_dirs must be same");
        if (directions.Exists(direction => direction is not ("asc" or "desc"))) return Fault.BadRequest("The value of sort_dir must be 'asc' or 'desc'");
        var unknown = keys.Where(key => Unsortable.Contains(key) || !collection.Attributes.Names.Contains(key)).ToList();
        if (unknown.Count > 0)
            return Fault.BadRequest($"[{string.Join(", ", unknown.Select(key => $"'{key}'"))}] is invalid attribute for sort_keys");
        for (var i = 0; i < keys.Count; i++) order.Add((keys[i], i < directions.Count && directions[i] == "desc"));
        return null;
    }

    private static IEnumerable<JsonObject> Sorted(IEnumerable<JsonObject> views, List<(string Key, bool Descending)> order)
    {
        var sorted = views.Order(Comparer<JsonObject>.Create((_, _) => 0));
        foreach (var (key, descending) in order)
            sorted = descending ? sorted.ThenByDescending(view => view[key], JsonOrder) : sorted.ThenBy(view => view[key], JsonOrder);
        return sorted;
    }

    private static Comparer<JsonNode?> JsonOrder { get; } = Comparer<JsonNode?>.Create((a, b) =>
        (a?.GetValueKind(), b?.GetValueKind()) is (JsonValueKind.Number, JsonValueKind.Number)
            ? a!.GetValue<decimal>().CompareTo(b!.GetValue<decimal>())
            : string.CompareOrdinal(a?.ToString(), b?.ToString()));

    private static Fault? Page(ApiRequest request, out int? limit, out bool reverse)
    {
        limit = null;
        reverse = Single(request, "page_reverse") is "True" or "true" or "1";
        if (Single(request, "limit") is not { } text) return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new(400, "BadRequest", $"Bad limit request: Limit must be an integer 0 or greater and not '{text}'.");
        limit = number == 0 ? null : number;
        return null;
    }

    private static JsonArray Links(ApiRequest request, List<JsonObject> page, int limit, bool reverse)
    {
        // Whether there is more is not looked up: a full page may be followed by an empty one.
        var links = new JsonArray();
        if (page.Count == limit || reverse) Add("next", page.Count > 0 ? page[^1] : null, false);
        if (page.Count == limit || !reverse) Add("previous", page.Count > 0 ? page[0] : null, true);
        return links;

        void Add(string rel, JsonObject? at, bool backwards)
        {
            // From an empty page the way leads to the end of the list, in either direction.
            var kept = request.Query.Where(pair => pair.Key is not ("marker" or "page_reverse"));
            if (at is not null) kept = kept.Append(new("marker", at["id"]!.ToString()));
            if (backwards) kept = kept.Append(new("page_reverse", "True"));
            var query = string.Join('&', kept.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
            links.Add(new JsonObject { ["rel"] = rel, ["href"] = $"{request.Url}?{query}" });
        }
    }

    private static string? Single(ApiRequest request, string key) =>
        request.Query.Where(pair => pair.Key == key).Select(pair => pair.Value).LastOrDefault();
}
