using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>Answers in a form in which two servers can be compared: ids by their names, what is up to the server starred, members in order.</summary>
internal static partial class Text
{
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="names">Names by id.</param>
    /// <param name="request">Addresses that the request itself says are kept.</param>
    /// <param name="ordered">The order of a list counts.</param>
    public static JsonNode? Normal(JsonNode? body, IReadOnlyDictionary<string, string> names, string request, bool ordered) =>
        Normal(body, "", names, request, ordered);

    /// <summary>Lists by their text, unless their order counts.</summary>
    public static JsonNode? InOrder(JsonNode? node, bool ordered) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, InOrder(member.Value, ordered)))),
        JsonArray items when ordered => new JsonArray([.. items.Select(item => InOrder(item, ordered))]),
        JsonArray items => new JsonArray([.. items.Select(item => InOrder(item, ordered)).OrderBy(item => item?.ToJsonString(Plain) ?? "", StringComparer.Ordinal)]),
        _ => node?.DeepClone(),
    };

    private static JsonNode? Normal(JsonNode? node, string key, IReadOnlyDictionary<string, string> names, string request, bool ordered)
    {
        switch (node)
        {
            case JsonObject members:
                return new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
                    .Select(member => KeyValuePair.Create(Named(member.Key, names), Normal(member.Value, member.Key, names, request, ordered))));
            case JsonArray items:
                var all = items.Select(item => Normal(item, key, names, request, ordered)).ToList();
                return new JsonArray([.. ordered ? all.AsEnumerable() : all.OrderBy(item => item?.ToJsonString() ?? "", StringComparer.Ordinal)]);
        }
        if (node is null) return null;
        if (key is "revision_number" or "provider:segmentation_id" or "group_id" or "chain_id") return Starred(node);
        if (node.GetValueKind() != JsonValueKind.String) return node.DeepClone();
        var text = node.GetValue<string>();
        if (key is "href") return "*";
        // Addresses that the server chose.
        if (key is "ip_address" or "floating_ip_address" or "fixed_ip_address" or "mac_address" && !request.Contains(text, StringComparison.Ordinal)) return "*";
        return Named(text, names);
    }

    public static string Named(string text, IReadOnlyDictionary<string, string> names) =>
        Time().Replace(Id().Replace(text, match => names.TryGetValue(match.Value, out var name) ? name : "*"), "*");

    private static JsonNode Starred(JsonNode node) => node.GetValueKind() == JsonValueKind.Number ? "*" : node.DeepClone();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")]
    private static partial Regex Time();
}
