using System.Text.Json;
using Demilune.Local.Api;
using Demilune.Local.Resources;

namespace Demilune.Local.Selectors;

/// <summary>A field selector (<c>spec.nodeName=a,status.phase!=Failed</c>) over the few fields a kind declares selectable.</summary>
internal sealed class FieldSelector
{
    private readonly List<(string[] Path, bool Wanted, string Value)> _all = [];

    /// <summary>The name the selector asks for, when it asks for exactly one: such a watch or list is of one object.</summary>
    public string? Name => _all.Where(term => term is { Path: ["metadata", "name"], Wanted: true }).Select(term => term.Value).FirstOrDefault();

    public bool IsEverything => _all.Count is 0;

    /// <exception cref="StatusException">400: not a selector, or a field that this kind does not offer.</exception>
    public static FieldSelector Parse(string? text, ResourceType type)
    {
        var selector = new FieldSelector();
        foreach (var term in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (field, value, wanted) = term.Split("!=", 2) is [var a, var b] ? (a, b, false)
                : term.Split("==", 2) is [var c, var d] ? (c, d, true)
                : term.Split('=', 2) is [var e, var f] ? (e, f, true)
                : throw StatusException.BadRequest($"invalid field selector: '{term}'; can't understand '{term}'");
            if (field is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(field))
                throw StatusException.BadRequest($"field label not supported: {field}");
            selector._all.Add((field.Split('.'), wanted, value));
        }
        return selector;
    }

    public bool Matches(JsonElement o)
    {
        foreach (var (path, wanted, value) in _all)
            if (Value(o, path) == value != wanted)
                return false;
        return true;
    }

    private static string Value(JsonElement o, string[] path) =>
        o.At(path) is { } found ? found.ValueKind is JsonValueKind.String ? found.GetString()! : found.GetRawText() : "";
}
