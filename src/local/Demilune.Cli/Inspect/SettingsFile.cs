using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Demilune.Cli.Inspect;

/// <summary>A file of settings with those that it includes: <c>include: FILE</c>, a list of them, or <c>!include FILE</c> for a value.</summary>
internal static class SettingsFile
{
    private const int MaxDepth = 64;
    private const int MaxIncludes = 16;

    /// <summary>The same with what is included in its place. What is said later replaces what was said before.
    /// What is not there, is not included: configurations travel without the files of the machine that they were written on.</summary>
    private static YamlNode Whole(YamlNode node, string directory, int depth)
    {
        switch (node)
        {
            case YamlScalarNode { Value: { } name } scalar when !scalar.Tag.IsEmpty && scalar.Tag.Value == "!include":
                return Read(Path.Combine(directory, name), depth + 1);
            case YamlMappingNode mapping:
                var whole = new YamlMappingNode();
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is YamlScalarNode { Value: "include" })
                    {
                        foreach (var file in (value as YamlSequenceNode)?.Children ?? [value])
                            if (file is YamlScalarNode { Value: { } path } && File.Exists(Path.Combine(directory, path)) && Read(Path.Combine(directory, path), depth + 1) is YamlMappingNode included)
                                foreach (var (name, inner) in included.Children) whole.Children[name] = inner;
                        continue;
                    }
                    whole.Children[key] = Whole(value, directory, depth);
                }
                return whole;
            case YamlSequenceNode sequence:
                return new YamlSequenceNode(sequence.Children.Select(child => Whole(child, directory, depth)));
            default:
                return node;
        }
    }

    /// <exception cref="InvalidDataException">It is no YAML.</exception>
    public static YamlNode Read(string file) => Read(file, 0);

    private static YamlNode Read(string file, int depth)
    {
        if (depth > MaxIncludes) throw new InvalidDataException($"{file}: files include one another deeper than {MaxIncludes}");
        try
        {
            var text = File.ReadAllText(file);
            RefuseDeepNesting(file, text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? new YamlMappingNode() : Whole(stream.Documents[0].RootNode, Path.GetDirectoryName(Path.GetFullPath(file))!, depth);
        }
        catch (YamlException wrong)
        {
            throw new InvalidDataException($"{file}:{wrong.Start.Line}:{wrong.Start.Column}: {wrong.Message}");
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentException)
        {
            // The library's own way to say that a plain scalar ends inside a flow collection, or that a tag is no URI.
            throw new InvalidDataException($"{file}: malformed YAML", wrong);
        }
    }

    /// <summary>The tree is built by recursion: nesting without end would end the process. Suricata's own files nest 7 deep.</summary>
    private static void RefuseDeepNesting(string file, string text)
    {
        var depth = 0;
        for (var parser = new Parser(new StringReader(text)); parser.MoveNext();)
            if ((depth += parser.Current!.NestingIncrease) > MaxDepth) throw new InvalidDataException($"{file}:{parser.Current.Start.Line}: nested deeper than {MaxDepth}");
    }
}
