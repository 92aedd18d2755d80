using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Crds;
using Demilune.Local.Patches;
using Demilune.Local.Protobuf;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;
using Demilune.Local.Selectors;

namespace Demilune.Fuzz.Targets;

/// <summary>What the local cluster's API server reads of its clients. A refusal is an answer; any other exception is a find.</summary>
internal static class ApiServerTargets
{
    private static readonly ResourceType s_pods = BuiltinResources.All.First(type => type.Plural == "pods");

    public static FuzzTarget Yaml { get; } = new("api-yaml", "YAML bodies", static input => Tolerate(() => Local.Api.Yaml.Parse(Encoding.UTF8.GetString(input))));

    public static FuzzTarget Protobuf { get; } = new("api-protobuf", "protobuf bodies", static input => Tolerate(() => Kinds.Read(input)));

    public static FuzzTarget Patch { get; } = new("api-patch", "a letter for the language, an object, a line end, a patch", RunPatch);

    public static FuzzTarget Selector { get; } = new("api-selector", "label and field selectors, paths of requests and of printer columns", RunSelector);

    public static FuzzTarget Schema { get; } = new("api-schema", "an OpenAPI schema, a line end, an object to prune, default and validate by it", RunSchema);

    private static void RunPatch(byte[] input)
    {
        if (input.Length < 2) return;
        var (left, right) = Halves(input.AsSpan(1));
        Tolerate(() =>
        {
            if (Body.Parse(left, "application/json") is not JsonObject target || Body.Parse(right, "application/json") is not { } patch) return;
            var before = target.ToJsonString();
            _ = input[0] switch
            {
                (byte)'j' => JsonPatch.Apply(target, patch),
                (byte)'m' => MergePatch.Apply(target, patch),
                _ => patch is JsonObject map ? StrategicMergePatch.Apply(target, map, s_pods.Schema) : null,
            };
            if (target.ToJsonString() != before) throw new InvalidOperationException("a patch changed the object that it was applied to");
        });
    }

    private static void RunSelector(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        _ = RequestPath.TryParse(text);
        Tolerate(() => LabelSelector.Parse(text));
        Tolerate(() => FieldSelector.Parse(text, s_pods));
        using var document = JsonDocument.Parse("""{"a":[{"type":"Ready","b":1},[]],"c":{"d":"e"}}""");
        if (FieldPath.TryParse(text, out var path, out _)) _ = path.Select(document.RootElement).Take(1000).Count();
    }

    private static void RunSchema(byte[] input)
    {
        var (left, right) = Halves(input);
        Tolerate(() =>
        {
            if (Body.Parse(left, "application/json") is not JsonObject source) return;
            var causes = new Causes();
            var schema = new SchemaReader(causes).Read(source, "");
            var value = Body.Parse(right, "application/json");
            Pruning.Prune(value, schema, []);
            Pruning.Default(value, schema);
            Pruning.DropForbiddenNulls(value, schema);
            SchemaValidation.Validate(value, schema, "", causes);
        });
    }

    private static (byte[], byte[]) Halves(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOf((byte)'\n');
        return end < 0 ? (input.ToArray(), []) : (input[..end].ToArray(), input[(end + 1)..].ToArray());
    }

    private static void Tolerate(Action action)
    {
        try { action(); }
        catch (Exception e) when (e is StatusException or PatchException or FormatException)
        {
            if (e.Message.Length == 0) throw new InvalidOperationException("a refusal without a reason", e);
        }
    }
}
