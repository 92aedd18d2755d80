using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>A request of a script, with $names still to be filled in.</summary>
/// <param name="Role">Whose token: admin, member or other (a member of another project).</param>
/// <param name="Name">What the answer is remembered as.</param>
/// <param name="Times">Sent so often at once.</param>
/// <param name="Discard">What it makes is deleted again at once.</param>
internal sealed record Step(string Role, string? Name, string Method, string Path, string? Body, string? IfMatch, int Times, bool Discard)
{
    public override string ToString() =>
        $"{Role}: {(Name is null ? "" : Name + " = ")}{(Times > 1 ? $"{Times}x " : "")}{Method} {Path}{(IfMatch is null ? "" : $" If-Match:{IfMatch}")}{(Body is null ? "" : " " + Body)}";
}

/// <summary>Requests, compactly written. See Requests/README.md.</summary>
internal static class Script
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];

    public static IReadOnlyList<Step> Read(string file)
    {
        var steps = new List<Step>();
        var role = "admin";
        Step? pattern = null;
        var member = "";
        foreach (var line in File.ReadLines(file))
        {
            if (line.Trim() is "" || line.StartsWith('#')) continue;
            if (line.StartsWith("    ", StringComparison.Ordinal))
                steps.AddRange(Tries(pattern ?? throw new FormatException($"{file}: no 'try' before '{line}'"), member, line.Trim()));
            else if (line.StartsWith("as ", StringComparison.Ordinal))
                role = line[3..].Trim();
            else if (line.StartsWith("try ", StringComparison.Ordinal))
            {
                var words = line.Split(' ', 5);
                (pattern, member) = (new(role, null, words[1], words[2], words.Length > 4 ? words[4] : "{}", null, 1, true), words[3]);
            }
            else
                steps.Add(One(role, line.Trim()));
        }
        return steps;
    }

    private static Step One(string role, string line)
    {
        string? name = null, match = null;
        var times = 1;
        var words = line.Split(' ').ToList();
        if (words is [_, "=", ..])
        {
            name = words[0];
            words.RemoveRange(0, 2);
        }
        if (words[0].EndsWith('x') && int.TryParse(words[0][..^1], out var number))
        {
            times = number;
            words.RemoveAt(0);
        }
        if (words.Count < 2 || !Methods.Contains(words[0])) throw new FormatException($"no request: '{line}'");
        var rest = words[2..];
        if (rest is [var header, ..] && header.StartsWith("If-Match:", StringComparison.Ordinal))
        {
            match = header["If-Match:".Length..];
            rest.RemoveAt(0);
        }
        return new(role, name, words[0], words[1], rest.Count == 0 ? null : string.Join(' ', rest), match, times, false);
    }

    /// <summary>"attribute value value …": a request for each value, beside what the pattern's body says.</summary>
    private static IEnumerable<Step> Tries(Step pattern, string member, string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var attribute = line[..space];
        foreach (var value in Values(line[space..]))
        {
            var body = JsonNode.Parse(pattern.Body!)!.AsObject();
            body[attribute] = value;
            yield return pattern with { Body = new JsonObject { [member] = body }.ToJsonString(Text.Plain) };
        }
    }

    private static IEnumerable<JsonNode?> Values(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true });
        var values = new List<JsonNode?>();
        while (reader.Read()) values.Add(Expanded(JsonNode.Parse(ref reader)));
        return values;
    }

    /// <summary>"@256" stands for 256 letters.</summary>
    private static JsonNode? Expanded(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is ['@', .. var digits] && int.TryParse(digits, out var length)
            ? JsonValue.Create(new string('x', length))
            : value;
}
