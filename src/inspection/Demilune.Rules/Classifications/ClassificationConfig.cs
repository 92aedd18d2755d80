using System.Collections.Frozen;
using System.Globalization;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Classifications;

/// <summary>Reads <c>classification.config</c>: lines <c>config classification: NAME,DESCRIPTION,PRIORITY</c>.</summary>
public static class ClassificationConfig
{
    private const string Directive = "config classification:";

    /// <summary>A class named twice keeps its last meaning, as in Suricata.</summary>
    /// <param name="errors">Lines that could not be read; the rest counts.</param>
    public static FrozenDictionary<string, Classification> Read(RuleSource source, out IReadOnlyList<RuleError> errors)
    {
        var classes = new Dictionary<string, Classification>(StringComparer.OrdinalIgnoreCase);
        var faults = new List<RuleError>();
        foreach (var (line, number) in ConfigLines.Of(source))
        {
            if (line.StartsWith(Directive, StringComparison.Ordinal)
                && line[Directive.Length..].Split(',', StringSplitOptions.TrimEntries) is [{ Length: > 0 } name, var description, var text]
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var priority) && priority is > 0 and <= 255)
                classes[name] = new(name, description, priority);
            else
                faults.Add(new(source.Name, number, 1, "Expected 'config classification: name,description,priority' with a priority from 1 to 255.", 0));
        }
        errors = faults;
        return classes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
