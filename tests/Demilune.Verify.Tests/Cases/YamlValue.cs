using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Demilune.Verify.Tests.Cases;

/// <summary>YAML as JSON: what is compared with events has their types. A quoted scalar is a string, a plain one what it looks like.</summary>
internal static class YamlValue
{
    public static JsonNode? Load(string file)
    {
        using var text = new StreamReader(file);
        var stream = new YamlStream();
        stream.Load(text);
        return stream.Documents.Count == 0 ? null : Of(stream.Documents[0].RootNode);
    }

    private static JsonNode? Of(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Of(pair.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Of)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Plain(plain.Value ?? ""),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonNode? Plain(string text) => text.ToLowerInvariant() switch
    {
        "" or "~" or "null" => null,
        "true" or "yes" or "on" => JsonValue.Create(true),
        "false" or "no" or "off" => JsonValue.Create(false),
        _ when text.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) => JsonValue.Create((decimal)hex),
        _ when decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
