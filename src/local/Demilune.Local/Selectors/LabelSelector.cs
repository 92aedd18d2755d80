using System.Text.Json;
using Demilune.Local.Api;
using Demilune.Local.Resources;

namespace Demilune.Local.Selectors;

/// <summary>A label selector as it comes in a query (<c>a=b,c!=d,e in (f,g),h,!i</c>).</summary>
internal sealed class LabelSelector
{
    /// <summary>Requirements in one selector; the longest people write have a dozen.</summary>
    public const int MaxRequirements = 256;

    private readonly List<Requirement> _all = [];

    public static LabelSelector Everything { get; } = new();

    public bool IsEverything => _all.Count is 0;

    /// <exception cref="StatusException">400: the text is no selector.</exception>
    public static LabelSelector Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Everything;
        var selector = new LabelSelector();
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            var end = EndOfRequirement(rest);
            selector._all.Add(Requirement.Parse(rest[..end].Trim().ToString(), text));
            if (selector._all.Count > MaxRequirements) throw StatusException.BadRequest($"label selector: more than {MaxRequirements} requirements");
            if (end == rest.Length) break;
            rest = rest[(end + 1)..];
            if (rest.Trim().IsEmpty) throw Bad(text, "found '', expected: identifier after ','");
        }
        return selector;
    }

    public bool Matches(JsonElement o)
    {
        if (_all.Count is 0) return true;
        var labels = o.At("metadata", "labels");
        foreach (var requirement in _all)
            if (!requirement.Matches(labels is { } map ? map.Text(requirement.Key) : null))
                return false;
        return true;
    }

    /// <summary>Whether a metav1.LabelSelector in an object selects these labels. Empty selects everything, absent nothing.</summary>
    public static bool Selects(JsonElement? selector, JsonElement labelled)
    {
        if (selector is not { } given) return false;
        foreach (var (key, value) in given.Pairs("matchLabels"))
            if (labelled.Text("metadata", "labels", key) != value) return false;
        foreach (var expression in given.Items("matchExpressions"))
        {
            var values = expression.Items("values").Select(v => v.GetString() ?? "").ToHashSet(StringComparer.Ordinal);
            var actual = labelled.Text("metadata", "labels", expression.Text("key") ?? "");
            var fits = expression.Text("operator") switch
            {
                "In" => actual is not null && values.Contains(actual),
                "NotIn" => actual is null || !values.Contains(actual),
                "Exists" => actual is not null,
                "DoesNotExist" => actual is null,
                _ => false,
            };
            if (!fits) return false;
        }
        return true;
    }

    /// <summary>A metav1.LabelSelector in the words of a query, as kubectl's tables show it.</summary>
    public static string Describe(JsonElement? selector)
    {
        if (selector is not { } given) return "<none>";
        var parts = given.Pairs("matchLabels").Select(pair => $"{pair.Key}={pair.Value}").Concat(given.Items("matchExpressions").Select(e =>
        {
            var values = string.Join(",", e.Items("values").Select(v => v.ToString()));
            return e.Text("operator") switch
            {
                "In" => $"{e.Text("key")} in ({values})",
                "NotIn" => $"{e.Text("key")} notin ({values})",
                "Exists" => e.Text("key"),
                _ => $"!{e.Text("key")}",
            };
        }));
        var text = string.Join(",", parts);
        return text.Length is 0 ? "<none>" : text;
    }

    private static int EndOfRequirement(ReadOnlySpan<char> text)
    {
        var inList = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '(') inList = true;
            else if (text[i] is ')') inList = false;
            else if (text[i] is ',' && !inList) return i;
        }
        return text.Length;
    }

    internal static StatusException Bad(string selector, string why) => StatusException.BadRequest($"unable to parse requirement: {why} (in selector \"{selector}\")");

    private sealed record Requirement(string Key, bool Wanted, HashSet<string>? Values)
    {
        /// <summary>Without values: the key exists (or not). With: its value is one of them (or is not, also when absent).</summary>
        public bool Matches(string? actual) => Values is null ? actual is not null == Wanted : actual is null ? !Wanted : Values.Contains(actual) == Wanted;

        public static Requirement Parse(string text, string selector)
        {
            Requirement parsed;
            if (text.EndsWith(')') && text.IndexOf('(') is > 0 and var open)
            {
                var words = text[..open].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                if (words is not [var key, "in" or "notin"]) throw Bad(selector, $"\"{text[..open].Trim()}\": expected 'KEY in' or 'KEY notin'");
                var values = text[(open + 1)..^1].Split(',').Select(value => value.Trim()).ToHashSet(StringComparer.Ordinal);
                parsed = new(key, words[1] is "in", values);
            }
            else if (text.StartsWith('!')) parsed = new(text[1..].Trim(), false, null);
            else if (text.IndexOf("!=", StringComparison.Ordinal) is > 0 and var not) parsed = new(text[..not].Trim(), false, [text[(not + 2)..].Trim()]);
            else if (text.IndexOf("==", StringComparison.Ordinal) is > 0 and var twice) parsed = new(text[..twice].Trim(), true, [text[(twice + 2)..].Trim()]);
            else if (text.IndexOf('=') is > 0 and var equals) parsed = new(text[..equals].Trim(), true, [text[(equals + 1)..].Trim()]);
            else parsed = new(text, true, null);
            if (Names.InvalidLabelKey(parsed.Key) is { } wrong) throw Bad(selector, $"key: \"{parsed.Key}\": {wrong}");
            foreach (var value in parsed.Values ?? [])
                if (Names.InvalidLabelValue(value) is { } wrongValue) throw Bad(selector, $"values: \"{value}\": {wrongValue}");
            return parsed;
        }
    }
}
