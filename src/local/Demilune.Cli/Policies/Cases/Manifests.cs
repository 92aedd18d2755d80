using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Demilune.Cli.Policies.Cases;

/// <summary>YAML → JSON, document by document, as Kubernetes reads manifests.</summary>
internal static class Manifests
{
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InvalidDataException">It is no YAML, or YAML that JSON cannot say.</exception>
    public static IReadOnlyList<JsonObject> Read(string text, string source)
    {
        var documents = new List<JsonObject>();
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            while (parser.TryConsume<DocumentStart>(out _))
            {
                var value = YamlValue.Read(parser);
                parser.Consume<DocumentEnd>();
                if (value is JsonObject document) documents.Add(document);
                else if (value is not null) throw new InvalidDataException($"{source}: a document is no mapping");
            }
        }
        catch (YamlException failure)
        {
            throw new InvalidDataException($"{source}:{failure.Start.Line}: {failure.Message}", failure);
        }
        return documents;
    }

    /// <summary>Lists (kind List, PodList, …) are what is in them.</summary>
    public static IEnumerable<JsonObject> Objects(IEnumerable<JsonObject> documents) => documents.SelectMany(document =>
        document["items"] is JsonArray items && (Text(document, "kind")?.EndsWith("List", StringComparison.Ordinal) ?? false)
            ? items.OfType<JsonObject>().Select(item =>
            {
                // Items of "kubectl get -o json" as a typed list say neither kind nor version themselves.
                if (item["kind"] is null && Text(document, "kind") is { Length: > 4 } kind)
                    (item["kind"], item["apiVersion"]) = (kind[..^4], Text(document, "apiVersion"));
                return item;
            })
            : [document]);

    /// <returns>Null: absent, or no text.</returns>
    public static string? Text(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path) node = (node as JsonObject)?[name];
        return node is JsonValue value ? value.ToString() : null;
    }
}
