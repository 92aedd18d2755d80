using System.Globalization;
using Demilune.Rules.Classifications;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Thresholds;

/// <summary>What a <c>threshold.config</c> lays over the rules. Immutable.</summary>
/// <param name="Entries">In order.</param>
public sealed record ThresholdConfig(IReadOnlyList<ThresholdEntry> Entries)
{
    public static ThresholdConfig Empty { get; } = new([]);

    /// <summary>
    /// Lines <c>threshold|event_filter gen_id G, sig_id S, type T, track B, count N, seconds N</c>, <c>rate_filter gen_id G, sig_id S, track B, count N, seconds N,
    /// new_action A, timeout N</c> and <c>suppress gen_id G, sig_id S[, track B, ip ADDRESSES]</c>. A backslash continues a line.
    /// </summary>
    /// <param name="variables">Values of <c>$NAME</c> in addresses.</param>
    /// <param name="errors">Lines that could not be read; the rest counts.</param>
    public static ThresholdConfig Read(RuleSource source, IReadOnlyDictionary<string, string> variables, out IReadOnlyList<RuleError> errors)
    {
        var entries = new List<ThresholdEntry>();
        var faults = new List<RuleError>();
        foreach (var (line, number) in ConfigLines.Of(new(source.Name, source.Text.Replace("\\\r\n", "", StringComparison.Ordinal).Replace("\\\n", "", StringComparison.Ordinal))))
        {
            if (TryEntry(line, variables, out var entry) is { } wrong) faults.Add(new(source.Name, number, 1, $"Error loading threshold configuration from {source.Name}: {wrong}", 0) { Topic = "threshold-config" });
            else entries.Add(entry!);
        }
        errors = faults;
        return new(entries);
    }

    /// <summary>The entries for one signature. 0 stands for all.</summary>
    public IEnumerable<ThresholdEntry> For(uint gid, uint sid) => Entries.Where(entry => (entry.Gid == gid || entry.Gid == 0) && (entry.Sid == sid || entry.Sid == 0));

    private static string? TryEntry(string line, IReadOnlyDictionary<string, string> variables, out ThresholdEntry? entry)
    {
        entry = null;
        var blank = line.IndexOfAny([' ', '\t']);
        var verb = blank < 0 ? line : line[..blank];
        if (verb is not ("threshold" or "event_filter" or "rate_filter" or "suppress")) return $"A line starts with threshold, event_filter, rate_filter or suppress, not '{verb}'.";
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in Parts(line[verb.Length..]))
        {
            if (part.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not [var key, var value]) return $"Expected pairs such as 'gen_id 1', found '{part}'.";
            values[key] = value;
        }
        if (!Number(values, "gen_id", out var gid) || !Number(values, "sig_id", out var sid)) return "gen_id and sig_id are missing.";
        ThresholdTrack? track = values.GetValueOrDefault("track") switch
        {
            "by_src" => ThresholdTrack.BySource,
            "by_dst" => ThresholdTrack.ByDestination,
            "by_both" => ThresholdTrack.ByBoth,
            "by_either" => ThresholdTrack.ByBoth,
            "by_rule" => ThresholdTrack.ByRule,
            "by_flow" => ThresholdTrack.ByFlow,
            _ => null,
        };
        if (track is null && (values.ContainsKey("track") || verb != "suppress")) return "track is by_src, by_dst, by_both, by_rule or by_flow.";
        if (verb == "suppress")
        {
            var addresses = AddressSet.Any;
            if (track is not null && (!values.TryGetValue("ip", out var text) || AddressSyntax.TryRead(new(text, 0), variables, out addresses) is not null)) return "suppress by a track needs ip and addresses.";
            entry = new(gid, sid, null, null, new(track, addresses));
            return null;
        }
        if (!Number(values, "count", out var count) || count is 0 or > int.MaxValue || !Number(values, "seconds", out var seconds) || seconds == 0) return "count and seconds are whole numbers from 1.";
        if (verb == "rate_filter")
        {
            if (!Number(values, "timeout", out var timeout) || !TryAction(values.GetValueOrDefault("new_action"), out var action)) return "rate_filter needs timeout and new_action (alert, drop, pass, reject).";
            entry = new(gid, sid, null, new(track!.Value, (int)count, TimeSpan.FromSeconds(seconds), action, TimeSpan.FromSeconds(timeout)), null);
            return null;
        }
        ThresholdKind? kind = values.GetValueOrDefault("type") switch { "limit" => ThresholdKind.Limit, "threshold" => ThresholdKind.Threshold, "both" => ThresholdKind.Both, _ => null };
        if (kind is null) return "type is limit, threshold or both.";
        entry = new(gid, sid, new(kind.Value, track!.Value, (int)count, TimeSpan.FromSeconds(seconds)), null, null);
        return null;
    }

    /// <summary>Commas inside brackets belong to a list of addresses.</summary>
    private static IEnumerable<string> Parts(string text)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] is '[') depth++;
            else if (i < text.Length && text[i] is ']') depth--;
            if (i < text.Length && (text[i] != ',' || depth > 0)) continue;
            if (text[start..i].Trim() is { Length: > 0 } part) yield return part;
            start = i + 1;
        }
    }

    private static bool Number(Dictionary<string, string> values, string key, out uint number)
    {
        number = 0;
        return values.TryGetValue(key, out var text) && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryAction(string? text, out RuleAction? action)
    {
        action = text switch { "alert" => RuleAction.Alert, "drop" => RuleAction.Drop, "pass" => RuleAction.Pass, "reject" => RuleAction.Reject, _ => null };
        return action is not null || text is "log";
    }
}

/// <summary>One line: exactly one of the three is there.</summary>
/// <param name="Gid">0: any.</param>
/// <param name="Sid">0: any.</param>
public sealed record ThresholdEntry(uint Gid, uint Sid, RuleThreshold? Threshold, RateFilter? Rate, Suppression? Suppression);
