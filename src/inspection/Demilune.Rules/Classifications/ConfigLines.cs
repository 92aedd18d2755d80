using Demilune.Rules.Syntax;

namespace Demilune.Rules.Classifications;

/// <summary>The lines of a configuration file that say something.</summary>
internal static class ConfigLines
{
    public static IEnumerable<(string Line, int Number)> Of(RuleSource source)
    {
        var number = 0;
        foreach (var raw in source.Text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length > 0 && line[0] != '#') yield return (line, number);
        }
    }
}
