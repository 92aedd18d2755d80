using YamlDotNet.RepresentationModel;

namespace Demilune.Cli.Inspect;

/// <summary>A configuration file in Suricata's layout, asked by paths with dots (<c>stream.reassembly.depth</c>), and what the command line sets over it.</summary>
internal sealed class Settings
{
    private readonly YamlNode _root;
    private readonly Dictionary<string, string> _overrides = new(StringComparer.Ordinal);

    private Settings(YamlNode root) => _root = root;

    /// <param name="file">Null: nothing is set.</param>
    /// <param name="overrides">Each <c>path=value</c>.</param>
    /// <exception cref="InvalidDataException">It is no YAML, or an override is no assignment.</exception>
    public static Settings Load(string? file, IEnumerable<string> overrides)
    {
        var settings = new Settings(file is null ? new YamlMappingNode() : SettingsFile.Read(file));
        foreach (var assignment in overrides)
        {
            var parts = assignment.Split('=', 2);
            if (parts.Length != 2) throw new InvalidDataException($"--set {assignment}: expected path=value");
            settings._overrides[parts[0].Trim()] = parts[1].Trim();
        }
        return settings;
    }

    /// <summary>Nobody has said anything: the engine's own defaults hold, not those of a configuration.</summary>
    public bool IsEmpty => _overrides.Count == 0 && _root is YamlMappingNode { Children.Count: 0 };

    /// <summary>A value as written, or null where there is none.</summary>
    public string? Text(string path) => _overrides.TryGetValue(path, out var set) ? set : (Find(path) as YamlScalarNode)?.Value;

    public bool? Flag(string path) => Text(path)?.ToLowerInvariant() switch
    {
        null => null,
        "yes" or "true" or "on" or "1" => true,
        _ => false,
    };

    /// <summary>Bytes; "kb", "mb" and "gb" are powers of 1024.</summary>
    /// <exception cref="InvalidDataException">That is no size.</exception>
    public long? Size(string path)
    {
        if (Text(path) is not { Length: > 0 } text) return null;
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        long? unit = text[digits..].Trim().ToLowerInvariant() switch { "" or "b" => 1, "kb" or "kib" => 1 << 10, "mb" or "mib" => 1 << 20, "gb" or "gib" => 1 << 30, _ => null };
        return digits > 0 && unit is not null ? long.Parse(text.AsSpan(0, digits), provider: null) * unit : throw new InvalidDataException($"{path}: '{text}' is no size");
    }

    /// <summary>What is below a path by name, values only.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values(string path)
    {
        if (Find(path) is YamlMappingNode mapping)
            foreach (var (key, value) in mapping.Children)
                if (key is YamlScalarNode { Value: { } name } && value is YamlScalarNode { Value: { } text } && !_overrides.ContainsKey($"{path}.{name}"))
                    yield return new(name, text);
        foreach (var (key, value) in _overrides)
            if (key.StartsWith(path + ".", StringComparison.Ordinal)) yield return new(key[(path.Length + 1)..], value);
    }

    /// <summary>The names below a path, whatever they hold.</summary>
    public IEnumerable<string> Names(string path) =>
        Find(path) is YamlMappingNode mapping ? mapping.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value!) : [];

    /// <summary>The items of a list: each a name, or a name with settings below it whose path is given.</summary>
    public IEnumerable<(string Name, string Path)> Items(string path)
    {
        for (var i = 0; _overrides.TryGetValue($"{path}.{i}", out var set); i++) yield return (set, $"{path}.{i}");
        if (Find(path) is not YamlSequenceNode sequence) yield break;
        for (var i = 0; i < sequence.Children.Count; i++)
        {
            if (_overrides.ContainsKey($"{path}.{i}")) continue;
            if (sequence.Children[i] is YamlScalarNode { Value: { } name }) yield return (name, $"{path}.{i}");
            else if (sequence.Children[i] is YamlMappingNode mapping)
                foreach (var key in mapping.Children.Keys.OfType<YamlScalarNode>()) yield return (key.Value!, $"{path}.{i}.{key.Value}");
        }
    }

    public bool Has(string path) => _overrides.ContainsKey(path) || Find(path) is not null;

    private YamlNode? Find(string path)
    {
        var node = _root;
        foreach (var name in path.Split('.'))
        {
            node = node switch
            {
                YamlMappingNode mapping => mapping.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode key && key.Value == name).Value,
                YamlSequenceNode sequence when int.TryParse(name, out var index) && index < sequence.Children.Count => sequence.Children[index],
                _ => null,
            };
            if (node is null) return null;
        }
        return node;
    }
}
