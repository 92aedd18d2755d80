using System.Globalization;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>
/// <c>requires:version &gt;= 7.0.3 &lt; 8 | &gt;= 8.0.1, feature NAME, keyword NAME</c>: a rule says whom it is written for. Where that is not met it is left
/// out in silence, before the rest of it is looked at: it may be in words that only later versions know.
/// </summary>
internal static class Requires
{
    /// <summary>The version of Suricata whose language this is.</summary>
    private static readonly Version s_version = new(7, 0, 10);

    /// <summary>Optional parts of Suricata that rules ask for and we have.</summary>
    private static readonly string[] s_features = ["pcre2", "hyperscan", "tls", "ja3"];

    /// <summary>Nothing: whether it is met was asked before.</summary>
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        _ = signature;
        return option.Value is null ? option.NameFault("requires says what, as in requires:version >= 7;") : null;
    }

    /// <summary>Whether a rule is for us.</summary>
    /// <param name="rule">Nothing but its options has been looked at.</param>
    /// <param name="fault">It cannot be read.</param>
    public static bool AreMet(RuleSyntax rule, bool ignoreUnknown, out SyntaxFault? fault)
    {
        fault = null;
        foreach (var option in rule.Options)
        {
            if (option.Name != "requires") continue;
            foreach (var part in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var words = part.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                bool? isMet = words switch
                {
                    ["version", var versions] => IsMetByVersion(versions),
                    ["feature", var name] => s_features.Contains(name),
                    ["keyword", var name] => KeywordTable.Knows(name),
                    // Something that did not exist yet: certainly not met.
                    _ => ignoreUnknown,
                };
                if (isMet is null) fault = option.Fault($"'{part}' is no condition on a version; expected for example version >= 7.0.3 < 8.");
                if (isMet != true) return false;
            }
        }
        return true;
    }

    /// <summary>Alternatives between bars, each a list of comparisons that all have to hold. Null: not understood.</summary>
    private static bool? IsMetByVersion(string text)
    {
        var any = false;
        foreach (var alternative in text.Split('|', StringSplitOptions.TrimEntries))
        {
            var words = alternative.Replace(">=", " >= ", StringComparison.Ordinal).Replace("<=", " <= ", StringComparison.Ordinal)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Apart).ToArray();
            if (words.Length == 0 || words.Length % 2 != 0) return null;
            var all = true;
            for (var i = 0; i < words.Length; i += 2)
            {
                if (Read(words[i + 1]) is not { } version) return null;
                var order = s_version.CompareTo(version);
                switch (words[i])
                {
                    case ">=": all &= order >= 0; break;
                    case ">": all &= order > 0; break;
                    case "<=": all &= order <= 0; break;
                    case "<": all &= order < 0; break;
                    default: return null;
                }
            }
            any |= all;
        }
        return any;

        static string[] Apart(string word) => word is ['<' or '>', not '=', ..] ? [word[..1], word[1..]] : [word];
    }

    private static Version? Read(string text)
    {
        var parts = text.Split('.');
        if (parts.Length > 3) return null;
        var numbers = new int[3];
        for (var i = 0; i < parts.Length; i++)
            if (!int.TryParse(parts[i].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return new(numbers[0], numbers[1], numbers[2]);
    }
}
