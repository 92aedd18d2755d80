using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Demilune.Orchestrator.Bootstrapping;

/// <summary>One value.</summary>
/// <param name="Path">Keys from the outside in, with points between them.</param>
/// <param name="Line">Where it is, from 1.</param>
internal readonly record struct Setting(string Path, string Value, long Line);

/// <summary>Mappings of mappings of values, in YAML. No lists, no anchors: nothing that is set needs them.</summary>
internal static class SettingsText
{
    /// <summary>As the schema has it for inline text; a ConfigMap could have a megabyte.</summary>
    private const int MaxLength = 16_384;

    /// <summary>The deepest setting has six keys.</summary>
    private const int MaxDepth = 8;

    /// <param name="errors">What is wrong, with its line.</param>
    /// <returns>What could be read until then.</returns>
    public static List<Setting> Read(string text, List<string> errors)
    {
        var settings = new List<Setting>();
        if (text.Length > MaxLength)
        {
            errors.Add($"it has more than {MaxLength} characters");
            return settings;
        }
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _)) return settings;
            ReadMapping(parser, "", 0, settings);
            parser.Consume<DocumentEnd>();
            parser.Consume<StreamEnd>();
        }
        catch (YamlException error)
        {
            errors.Add($"line {error.Start.Line}: {error.Message}");
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // The library's own way to say that a plain scalar ends inside a flow collection, or that a tag is no URI.
            errors.Add("it is not YAML");
        }
        return settings;
    }

    private static void ReadMapping(Parser parser, string path, int depth, List<Setting> settings)
    {
        if (depth == MaxDepth) throw new YamlException(parser.Current!.Start, parser.Current.End, $"nested deeper than {MaxDepth}");
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var inner = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            if (parser.Accept<MappingStart>(out _)) ReadMapping(parser, inner, depth + 1, settings);
            else settings.Add(new(inner, parser.Consume<Scalar>().Value, key.Start.Line));
        }
    }
}
