using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Regex;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>pcre:[!]"/expression/flags"</c></summary>
internal static class Pcre
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        // Quotes may be left out.
        var value = option.Value is ['/', ..] or ['!', '/', ..] ? option.Value.Insert(option.Value.IndexOf('/', StringComparison.Ordinal), "\"") + '"' : option.Value ?? "";
        var isNegated = value.StartsWith('!');
        var start = isNegated ? 1 : 0;
        while (start < value.Length && value[start] == ' ') start++;
        var end = value.LastIndexOf('/');
        if (value.Length < start + 4 || value[start] != '"' || value[start + 1] != '/' || end <= start + 1 || !value.EndsWith('"'))
            return option.Fault("pcre is written pcre:\"/expression/flags\";");
        var pattern = value[(start + 2)..end];
        var captures = new List<(VariableScope, int)>();
        if (Captures.TryReadNames(signature, option, ref pattern, captures) is { } misnamed) return misnamed;
        var (flags, isRelative, buffer) = (RegexFlags.None, false, (BufferId?)null);
        for (var at = end + 1; at < value.Length - 1; at++)
        {
            if (value[at] == ',')
            {
                if (Captures.TryRead(signature, option, value[at..^1], captures) is { } wrong) return wrong;
                break;
            }
            if (value[at] == ' ') continue;
            if (!TryFlag(value[at], ref flags, ref isRelative, out var moved)) return option.Fault($"pcre has no flag '{value[at]}'.", at);
            // As Suricata: a sticky buffer in force wins over the flag.
            if (moved is null || signature.Sticky is not null) continue;
            if (buffer is not null) return option.Fault($"The flag '{value[at]}' names a second buffer.", at);
            buffer = moved;
        }
        if (signature.Options.Regex.TryCompile(pattern, flags, out var error) is not { } regex) return option.Fault($"This expression cannot be used: {error}", start + 2);
        var step = new PcreDraft(option.NamePosition, new PcreStep(regex, isNegated, [.. captures]) { IsRelative = isRelative },
            isNegated || isRelative ? null : new RegexExpression(pattern, flags));
        if (buffer is { } id) signature.AddTo(id, step);
        else signature.Add(step);
        return null;
    }

    /// <param name="buffer">The buffer that the flag names, if it names one.</param>
    private static bool TryFlag(char flag, ref RegexFlags flags, ref bool isRelative, out BufferId? buffer)
    {
        buffer = flag switch
        {
            'U' => BufferId.HttpUri,
            'I' => BufferId.HttpUriRaw,
            'P' => BufferId.HttpRequestBody,
            'Q' => BufferId.FileData,
            'H' => BufferId.HttpHeader,
            'D' => BufferId.HttpHeaderRaw,
            'M' => BufferId.HttpMethod,
            'C' => BufferId.HttpCookie,
            'S' => BufferId.HttpStatCode,
            'Y' => BufferId.HttpStatMsg,
            'V' => BufferId.HttpUserAgent,
            'W' => BufferId.HttpHost,
            'Z' => BufferId.HttpHostRaw,
            _ => null,
        };
        if (buffer is not null) return true;
        switch (flag)
        {
            case 'i': flags |= RegexFlags.IgnoreCase; return true;
            case 'm': flags |= RegexFlags.MultiLine; return true;
            case 's': flags |= RegexFlags.DotAll; return true;
            case 'x': flags |= RegexFlags.Extended; return true;
            case 'A': flags |= RegexFlags.Anchored; return true;
            case 'E': flags |= RegexFlags.DollarEndOnly; return true;
            case 'G': flags |= RegexFlags.Ungreedy; return true;
            case 'R': isRelative = true; return true;
            case 'B' or 'O': return true;       // raw payload, and "no match limit": ours stays, it is what keeps a match bounded
            default: return false;
        }
    }
}
