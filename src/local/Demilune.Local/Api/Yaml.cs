using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Demilune.Local.Api;

/// <summary>YAML into JSON, as Kubernetes' own converter reads it. No anchors: an alias can make kilobytes into gigabytes.</summary>
internal static class Yaml
{
    /// <exception cref="FormatException">Not YAML, or YAML that JSON cannot say.</exception>
    public static JsonNode? Parse(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _)) return null;
            var value = ReadValue(parser, 0);
            parser.Consume<DocumentEnd>();
            return value;
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The library's own way to say that a plain scalar ends inside a flow collection, or that a tag is no URI.
            throw new FormatException("malformed YAML", e);
        }
    }

    private static JsonNode? ReadValue(IParser parser, int depth)
    {
        if (depth > JsonText.MaxDepth) throw new FormatException($"nested deeper than {JsonText.MaxDepth}");
        if (parser.TryConsume<Scalar>(out var scalar)) return ReadScalar(scalar);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _)) list.Add(ReadValue(parser, depth + 1));
            return list;
        }
        if (parser.TryConsume<MappingStart>(out _))
        {
            var map = new JsonObject();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>().Value;
                if (!map.TryAdd(key, ReadValue(parser, depth + 1))) throw new FormatException($"key \"{key}\" already set in map");
            }
            return map;
        }
        throw new FormatException($"line {parser.Current?.Start.Line}: anchors and aliases are not supported");
    }

    private static JsonNode? ReadScalar(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style is not ScalarStyle.Plain) return text;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
        }
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        // Only what begins like a number is one: "Infinity", "1,000" and dates stay text.
        if ((char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)) return real;
        return text;
    }
}
