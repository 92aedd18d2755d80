using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Demilune.Cli.Policies.Cases;

/// <summary>A YAML document as JSON, with what many manifests use: anchors, aliases and merge keys.</summary>
internal sealed class YamlValue
{
    /// <summary>Of mappings and sequences in each other, and of everything that aliases come to: a few lines can stand for a thousand million.</summary>
    private const int MaxDepth = 100, MaxNodes = 1_000_000;

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, (JsonNode? Value, int Nodes, int Height)> _anchors = [];
    private int _nodes, _deepest;

    private YamlValue(Parser parser) => _parser = parser;

    /// <exception cref="YamlException">It is no YAML, or YAML that JSON cannot say.</exception>
    public static JsonNode? Read(Parser parser) => new YamlValue(parser).Value(0);

    private JsonNode? Value(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Repeated(alias, depth);
        var (nodes, deepest, anchor) = (_nodes, _deepest, (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty);
        _deepest = depth;
        Count(1, depth);
        var value = _parser.TryConsume<Scalar>(out var scalar) ? ScalarOf(scalar)
            : _parser.TryConsume<SequenceStart>(out _) ? Sequence(depth)
            : Mapping(depth);
        if (!anchor.IsEmpty) _anchors[anchor] = (value, _nodes - nodes, _deepest - depth);
        _deepest = Math.Max(_deepest, deepest);
        return value;
    }

    private JsonArray Sequence(int depth)
    {
        var list = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _)) list.Add(Value(depth + 1));
        return list;
    }

    private JsonObject Mapping(int depth)
    {
        _parser.Consume<MappingStart>();
        var (map, merged) = (new JsonObject(), new List<JsonObject>());
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Consume<Scalar>();
            var value = Value(depth + 1);
            if (key is { Value: "<<", Style: ScalarStyle.Plain }) merged.AddRange(Sources(key, value));
            else if (!map.TryAdd(key.Value, value)) throw new YamlException(key.Start, key.End, $"\"{key.Value}\" is there twice");
        }
        foreach (var (name, value) in merged.SelectMany(source => source)) map.TryAdd(name, value?.DeepClone());
        return map;
    }

    private static IEnumerable<JsonObject> Sources(Scalar key, JsonNode? value) => value switch
    {
        JsonObject one => [one],
        JsonArray several when several.All(one => one is JsonObject) => several.OfType<JsonObject>(),
        _ => throw new YamlException(key.Start, key.End, "what << merges is no mapping"),
    };

    private JsonNode? Repeated(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out var known)) throw new YamlException(alias.Start, alias.End, $"there is no anchor &{alias.Value} before *{alias.Value}");
        Count(known.Nodes, depth + known.Height);
        return known.Value?.DeepClone();
    }

    private void Count(int nodes, int depth)
    {
        (_nodes, _deepest) = (_nodes + nodes, Math.Max(_deepest, depth));
        if (_nodes > MaxNodes) throw Wrong($"more than {MaxNodes} values");
        if (_deepest > MaxDepth) throw Wrong($"nested deeper than {MaxDepth}");
    }

    private YamlException Wrong(string message) => new(_parser.Current?.Start ?? default, _parser.Current?.End ?? default, message);

    private static JsonNode? ScalarOf(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style is not ScalarStyle.Plain) return text;
        return text switch
        {
            "" or "~" or "null" => null,
            "true" => true,
            "false" => false,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            _ => text,
        };
    }
}
