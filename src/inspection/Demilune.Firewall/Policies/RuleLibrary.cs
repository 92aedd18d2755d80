using Demilune.Contracts.FirewallLink;
using Demilune.Rules.Syntax;

namespace Demilune.Firewall.Policies;

/// <summary>The rule files of the engine's image, which policies name as "builtin/NAME".</summary>
internal sealed class RuleLibrary(string directory)
{
    private const string Prefix = "builtin/";
    private const string Extension = ".rules";

    /// <summary>Every rule file there is.</summary>
    public IEnumerable<EngineRules> All => Names.Select(name => new EngineRules(Prefix + name, ""));

    private IEnumerable<string> Names => !Directory.Exists(directory) ? [] :
        Directory.EnumerateFiles(directory, "*" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>Finds the text of a policy's rule file.</summary>
    /// <returns>False if it names a file that is not there, or cannot be read.</returns>
    public bool TryRead(EngineRules rules, out RuleSource source, out string error)
    {
        error = "";
        source = new(rules.Source, rules.Text ?? "");
        if (!rules.Source.StartsWith(Prefix, StringComparison.Ordinal)) return true;
        var name = rules.Source[Prefix.Length..];
        // Only names that are in the list are opened: whatever "../" is in a name, it leads nowhere.
        if (!Names.Contains(name, StringComparer.Ordinal))
        {
            error = $"{rules.Source}:1:1: this engine has no such rule file. It has: {string.Join(", ", Names.DefaultIfEmpty("none"))}";
            return false;
        }
        try
        {
            source = source with { Text = File.ReadAllText(Path.Combine(directory, name + Extension)) };
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error = $"{rules.Source}:1:1: {failure.Message}";
            return false;
        }
    }
}
