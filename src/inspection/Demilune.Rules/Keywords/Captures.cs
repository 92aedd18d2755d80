using System.Text.RegularExpressions;
using Demilune.Rules.Matching;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Where the groups of an expression go: after it (<c>/…/, flow:NAME, pkt:NAME</c>), or by their names (<c>(?P&lt;flow_NAME&gt;…)</c>).</summary>
internal static partial class Captures
{
    /// <summary>The list after the flags.</summary>
    public static SyntaxFault? TryRead(SignatureBuilder signature, OptionSyntax option, string list, List<(VariableScope, int)> captures)
    {
        foreach (var item in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            VariableScope? scope = item.Split(':') is [var where, { Length: > 0 }] ? where switch { "flow" => VariableScope.Flow, "pkt" or "alert" => VariableScope.Packet, _ => null } : null;
            if (scope is null) return option.Fault($"A captured text goes to flow:NAME or pkt:NAME, not to '{item}'.");
            captures.Add((scope.Value, signature.Names.Variable(item[(item.IndexOf(':', StringComparison.Ordinal) + 1)..])));
        }
        return captures.Count > PcreStep.MaxCaptures ? option.Fault($"An expression captures at most {PcreStep.MaxCaptures} texts.") : null;
    }

    /// <summary>Groups with a name that says where.</summary>
    public static SyntaxFault? TryReadNames(SignatureBuilder signature, OptionSyntax option, ref string pattern, List<(VariableScope, int)> captures)
    {
        foreach (Match match in Named().Matches(pattern))
            captures.Add((match.Groups[1].ValueSpan is "flow" ? VariableScope.Flow : VariableScope.Packet, signature.Names.Variable(match.Groups[2].Value)));
        return captures.Count > PcreStep.MaxCaptures ? option.Fault($"An expression captures at most {PcreStep.MaxCaptures} texts.") : null;
    }

    [GeneratedRegex(@"\(\?P?<(flow|pkt|alert)_([A-Za-z0-9_]+)>")]
    private static partial System.Text.RegularExpressions.Regex Named();
}
