using System.Text.Json.Nodes;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>Where ours differs from the real one on purpose: Differences.txt.</summary>
/// <remarks>
/// Each line is "kind what: why". Kinds: extra, an attribute of ours alone; absent, one that ours does not have; value, one whose
/// value differs; answer, a whole answer, by its request, " => " and how ours begins (of several at once: each, with " | " between). A line that nothing needs is an error.
/// </remarks>
internal sealed class Differences
{
    private readonly HashSet<string> _extra = [], _absent = [], _value = [];
    private readonly Dictionary<string, string> _answers = [];
    private readonly HashSet<string> _used = [];

    public static Differences Read(string file)
    {
        var read = new Differences();
        foreach (var line in File.ReadLines(file).Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            var parts = line.Split(" -- ", 2);
            if (parts.Length != 2) throw new FormatException($"{file}: no reason in '{line}'");
            var (kind, what) = (parts[0].Split(' ', 2)[0], parts[0].Split(' ', 2)[1].Trim());
            if (kind == "answer") read._answers.Add(what.Split(" => ")[0], what.Split(" => ")[1]);
            else
                foreach (var attribute in what.Split(' '))
                    (kind switch { "extra" => read._extra, "absent" => read._absent, "value" => read._value, _ => throw new FormatException(line) }).Add(attribute);
        }
        return read;
    }

    public IEnumerable<string> Unused => _extra.Concat(_absent).Concat(_value).Concat(_answers.Keys).Where(one => !_used.Contains(one));

    /// <returns>Null: they agree, or differ as wanted.</returns>
    public string? Compare(Exchange real, Exchange ours)
    {
        if (_answers.TryGetValue(real.Request, out var wanted))
        {
            _used.Add(real.Request);
            var each = wanted.Split(" | ");
            return ours.Answers.All(answer => each.Any(start => answer.StartsWith(start, StringComparison.Ordinal)))
                && each.All(start => ours.Answers.Any(answer => answer.StartsWith(start, StringComparison.Ordinal))) ? null : $"{real.Request}\n  wanted {wanted}\n  ours   {string.Join("\n         ", ours.Answers)}";
        }
        for (var i = 0; i < real.Answers.Count; i++)
        {
            var (one, other) = (Essence(real.Answers[i], real.Request, ours: false), Essence(ours.Answers[i], real.Request, ours: true));
            if (one != other) return $"{real.Request}\n  real {one}\n  ours {other}\n  {Pointed(one, other)}";
        }
        return null;
    }

    /// <summary>Status and body, or status and type of error: its message is the server's own.</summary>
    private string Essence(string answer, string request, bool ours)
    {
        if (answer.Length < 4 || answer[4] is not ('{' or '[')) return answer.Split(": ")[0];
        var body = JsonNode.Parse(answer[4..]);
        Prune(body, "", ours);
        return answer[..4] + Text.InOrder(body, request.Contains("sort_key=", StringComparison.Ordinal))!.ToJsonString(Text.Plain);
    }

    private void Prune(JsonNode? node, string key, bool ours)
    {
        if (node is JsonArray items)
            foreach (var item in items) Prune(item, key, ours);
        if (node is not JsonObject members) return;
        foreach (var (name, value) in members.ToList())
        {
            var path = $"{Singular(key)}.{name}";
            if (value is JsonArray or JsonObject) Prune(value, name, ours);
            if (_value.Contains(path))
            {
                _used.Add(path);
                members[name] = "~";
            }
            else if ((ours ? _extra : _absent).Contains(path))
            {
                _used.Add(path);
                members.Remove(name);
            }
        }
    }

    private static string Singular(string key) => key switch
    {
        "policies" => "policy",
        "rbac_policies" => "rbac_policy",
        "network_ip_availabilities" => "network_ip_availability",
        _ => key.EndsWith('s') && key != "addresses" ? key[..^1] : key,
    };

    private static string Pointed(string real, string ours)
    {
        var at = real.Zip(ours).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"from: real …{real[Math.Max(0, at - 30)..Math.Min(real.Length, at + 60)]}…  ours …{ours[Math.Max(0, at - 30)..Math.Min(ours.Length, at + 60)]}…";
    }
}
