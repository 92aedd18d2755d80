using System.Collections.Frozen;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Classifications;

/// <summary>Reads <c>reference.config</c> (lines <c>config reference: KIND URL</c>): where the value of a <c>reference</c> leads.</summary>
public static class ReferenceConfig
{
    private const string Directive = "config reference:";

    public static FrozenDictionary<string, string> Default { get; } = new Dictionary<string, string>
    {
        ["url"] = "http://", ["cve"] = "https://www.cve.org/CVERecord?id=CVE-", ["cwe"] = "https://cwe.mitre.org/data/definitions/",
        ["bugtraq"] = "http://www.securityfocus.com/bid/", ["md5"] = "https://www.virustotal.com/gui/file/",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <param name="errors">Lines that could not be read; the rest counts.</param>
    public static FrozenDictionary<string, string> Read(RuleSource source, out IReadOnlyList<RuleError> errors)
    {
        var kinds = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var faults = new List<RuleError>();
        foreach (var (line, number) in ConfigLines.Of(source))
        {
            if (line.StartsWith(Directive, StringComparison.Ordinal)
                && line[Directive.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var kind, .. var rest] && rest.Length <= 1)
                kinds[kind] = rest is [var url] ? url : "";
            else
                faults.Add(new(source.Name, number, 1, $"Invalid Reference Config in {source.Name}: expected 'config reference: kind url'.", 0) { Topic = "reference-config" });
        }
        errors = faults;
        return kinds.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <returns>The address a reference leads to, or null for a kind that is not known.</returns>
    public static string? Resolve(this RuleReference reference, FrozenDictionary<string, string> kinds) =>
        kinds.TryGetValue(reference.System, out var prefix) ? prefix + reference.Value : null;
}
