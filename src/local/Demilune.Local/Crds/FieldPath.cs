using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Demilune.Local.Crds;

/// <summary>The JSONPath of printer columns: fields, indexes, <c>[*]</c> and filters such as <c>[?(@.type=="Ready")]</c>.</summary>
internal sealed class FieldPath
{
    private readonly List<Step> _steps = [];

    private abstract record Step;
    private sealed record Field(string Name) : Step;
    private sealed record Index(int At) : Step;
    private sealed record All : Step;
    private sealed record Filter(string[] Path, bool Equal, string Value) : Step;

    public static bool TryParse(string text, out FieldPath path, out string error)
    {
        path = new FieldPath();
        error = "";
        // The API server's own parser takes the path with or without braces.
        if (text is ['{', .., '}']) text = text[1..^1];
        var at = 0;
        if (at < text.Length && text[at] is '$') at++;
        if (at >= text.Length || text[at] is not ('.' or '[')) return Fail("must be a simple json path starting with .", out error);
        while (at < text.Length)
        {
            if (text[at] is '.')
            {
                at++;
                if (at == text.Length) break;
                if (text[at] is '.') return Fail("recursive descent is not supported", out error);
                if (text[at] is '[') continue;
                var name = new StringBuilder();
                for (; at < text.Length && text[at] is not ('.' or '['); at++)
                {
                    if (text[at] is '\\' && at + 1 < text.Length) at++;
                    name.Append(text[at]);
                }
                if (name.Length is 0) return Fail("empty field name", out error);
                path._steps.Add(name.ToString() is "*" ? new All() : new Field(name.ToString()));
            }
            else if (text[at] is '[')
            {
                var end = Close(text, at);
                if (end < 0) return Fail("unterminated array", out error);
                if (ParseBracket(text[(at + 1)..end].Trim()) is not { } step) return Fail($"not supported: {text[at..(end + 1)]}", out error);
                path._steps.Add(step);
                at = end + 1;
            }
            else return Fail($"unexpected '{text[at]}'", out error);
        }
        return true;
    }

    /// <summary>Everything the path leads to, in order.</summary>
    public IEnumerable<JsonElement> Select(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var step in _steps)
        {
            var here = step;
            found = found.SelectMany(element => Take(element, here));
        }
        return found;
    }

    private static IEnumerable<JsonElement> Take(JsonElement element, Step step)
    {
        switch (step)
        {
            case Field field when element.ValueKind is JsonValueKind.Object && element.TryGetProperty(field.Name, out var value):
                return [value];
            case Index index when element.ValueKind is JsonValueKind.Array && (index.At < 0 ? element.GetArrayLength() + index.At : index.At) is >= 0 and var i && i < element.GetArrayLength():
                return [element[i]];
            case All when element.ValueKind is JsonValueKind.Array:
                return element.EnumerateArray();
            case All when element.ValueKind is JsonValueKind.Object:
                return element.EnumerateObject().Select(property => property.Value);
            case Filter filter when element.ValueKind is JsonValueKind.Array:
                return element.EnumerateArray().Where(item => (item.At(filter.Path)?.ToString() == filter.Value) == filter.Equal);
            default:
                return [];
        }
    }

    private static Step? ParseBracket(string inside)
    {
        if (inside is "*") return new All();
        if (int.TryParse(inside, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)) return new Index(index);
        if (inside is ['\'', .., '\''] or ['"', .., '"'] && inside.Length > 2) return new Field(inside[1..^1]);
        if (!inside.StartsWith("?(", StringComparison.Ordinal) || !inside.EndsWith(')')) return null;
        var condition = inside[2..^1].Trim();
        var equal = condition.IndexOf("==", StringComparison.Ordinal);
        var at = equal > 0 ? equal : condition.IndexOf("!=", StringComparison.Ordinal);
        if (at <= 0 || !condition.StartsWith("@.", StringComparison.Ordinal)) return null;
        var value = condition[(at + 2)..].Trim();
        if (value is ['"', .., '"'] or ['\'', .., '\''] && value.Length > 1) value = value[1..^1];
        return new Filter(condition[2..at].Trim().Split('.'), equal > 0, value);
    }

    private static int Close(string text, int open)
    {
        var quote = '\0';
        for (var i = open + 1; i < text.Length; i++)
        {
            if (quote is not '\0') { if (text[i] == quote) quote = '\0'; }
            else if (text[i] is '"' or '\'') quote = text[i];
            else if (text[i] is ']') return i;
        }
        return -1;
    }

    private static bool Fail(string why, out string error)
    {
        error = why;
        return false;
    }
}
