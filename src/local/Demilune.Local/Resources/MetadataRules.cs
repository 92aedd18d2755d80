using System.Text.Json.Nodes;
using Demilune.Local.Api;

namespace Demilune.Local.Resources;

/// <summary>What must hold of every object's metadata.</summary>
internal static class MetadataRules
{
    /// <summary>Bytes of all annotations, as in Kubernetes: 256 KiB.</summary>
    public const int MaxAnnotationBytes = 256 << 10;

    public static void Validate(ResourceType type, JsonObject next, JsonObject? before, Causes causes)
    {
        var metadata = next["metadata"]!.AsObject();
        var name = metadata.Text("name");
        if (string.IsNullOrEmpty(name)) causes.Required("metadata.name", "name or generateName is required");
        else if (before is null && type.Rules.InvalidName(name) is { } wrong) causes.Invalid("metadata.name", name, wrong);
        ValidateLabels(metadata["labels"], "metadata.labels", causes);
        if (metadata["annotations"] is JsonObject annotations)
        {
            long total = 0;
            foreach (var (key, value) in annotations)
            {
                if (Names.InvalidLabelKey(key.ToLowerInvariant()) is { } wrongKey) causes.Invalid("metadata.annotations", key, wrongKey);
                if (value.Text() is null) causes.TypeInvalid($"metadata.annotations[{key}]", value?.DeepClone(), "must be a string");
                total += key.Length + (value.Text()?.Length ?? 0);
            }
            if (total > MaxAnnotationBytes) causes.TooLong("metadata.annotations", MaxAnnotationBytes);
        }
        ValidateFinalizers(metadata, before, causes);
        ValidateOwners(metadata, causes);
    }

    public static void ValidateLabels(JsonNode? labels, string path, Causes causes)
    {
        if (labels is not JsonObject map) return;
        foreach (var (key, value) in map)
        {
            if (Names.InvalidLabelKey(key) is { } wrongKey) causes.Invalid(path, key, wrongKey);
            if (value.Text() is not { } text) causes.TypeInvalid($"{path}[{key}]", value?.DeepClone(), "must be a string");
            else if (Names.InvalidLabelValue(text) is { } wrongValue) causes.Invalid(path, text, wrongValue);
        }
    }

    private static void ValidateFinalizers(JsonObject metadata, JsonObject? before, Causes causes)
    {
        var finalizers = metadata.Items("finalizers").Select(f => f.Text() ?? "").ToArray();
        foreach (var finalizer in finalizers)
            if (Names.InvalidLabelKey(finalizer) is { } wrong) causes.Invalid("metadata.finalizers", finalizer, wrong);
        if (before.Text("metadata", "deletionTimestamp") is null) return;
        var old = before.Items("metadata", "finalizers").Select(f => f.Text()).ToHashSet(StringComparer.Ordinal);
        var added = finalizers.Where(finalizer => !old.Contains(finalizer)).ToArray();
        if (added.Length > 0)
            causes.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(f => $"\"{f}\""))}}}");
    }

    private static void ValidateOwners(JsonObject metadata, Causes causes)
    {
        var (index, controllers) = (0, 0);
        foreach (var owner in metadata.Items("ownerReferences"))
        {
            foreach (var field in (string[])["apiVersion", "kind", "name", "uid"])
                if (string.IsNullOrEmpty(owner.Text(field))) causes.Invalid($"metadata.ownerReferences[{index}].{field}", "", $"{field} must not be empty");
            if (owner.IsTrue("controller")) controllers++;
            index++;
        }
        if (controllers > 1) causes.Invalid("metadata.ownerReferences", controllers, "Only one reference can have Controller set to true");
    }
}
