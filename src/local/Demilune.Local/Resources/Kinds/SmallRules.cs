using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Storage;

namespace Demilune.Local.Resources.Kinds;

/// <summary>Namespaces: a finalizer of their own holds them until their content is gone.</summary>
internal sealed class NamespaceRules : KindRules
{
    private static readonly HashSet<string> Permanent = ["default", "kube-system", "kube-public", "kube-node-lease"];

    public override string? InvalidName(string name) => Names.InvalidLabelName(name);

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        // Policies select namespaces by this label: the server promises that it is there and true.
        next.Child("metadata").Child("labels")["kubernetes.io/metadata.name"] = next.Text("metadata", "name");
        if (current is not null) return;
        next["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        next["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public override void BeginTermination(JsonObject next) => next.Child("status")["phase"] = "Terminating";

    public override bool IsHeld(JsonObject current) => current.Items("spec", "finalizers").Any();

    public override string? Undeletable(ObjectName name) => Permanent.Contains(name.Name) ? "this namespace may not be deleted" : null;
}

/// <summary>Secrets: stringData is folded into data; type and, when asked for, everything is immutable.</summary>
internal sealed class SecretRules : KindRules
{
    /// <summary>Bytes of all values, as in Kubernetes: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["stringData"] is JsonObject texts)
        {
            var data = next.Child("data");
            foreach (var (key, value) in texts) data[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value.Text() ?? ""));
            next.Remove("stringData");
        }
        next["type"] ??= "Opaque";
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        ConfigMapRules.ValidateData(next, "data", MaxBytes, causes);
        if (current is null) return;
        if (next.Text("type") != current.Text("type")) causes.Invalid("type", next.Text("type"), "field is immutable");
        ConfigMapRules.ValidateImmutable(next, current, causes, "data");
    }
}

/// <summary>ConfigMaps: keys are file names; immutable when asked for.</summary>
internal sealed class ConfigMapRules : KindRules
{
    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        ValidateData(next, "data", SecretRules.MaxBytes, causes);
        ValidateData(next, "binaryData", SecretRules.MaxBytes, causes);
        if (current is not null) ValidateImmutable(next, current, causes, "data", "binaryData");
    }

    public static void ValidateData(JsonObject next, string field, int maxBytes, Causes causes)
    {
        if (next[field] is not JsonObject data) return;
        long total = 0;
        foreach (var (key, value) in data)
        {
            if (key.Length is 0 or > 253 || key is "." or ".." || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                causes.Invalid($"{field}[{key}]", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
            total += value.Text()?.Length ?? 0;
        }
        if (total > maxBytes) causes.TooLong(field, maxBytes);
    }

    public static void ValidateImmutable(JsonObject next, JsonObject current, Causes causes, params ReadOnlySpan<string> fields)
    {
        if (!current.IsTrue("immutable")) return;
        if (!next.IsTrue("immutable")) causes.Forbidden("immutable", "field is immutable when `immutable` is set");
        foreach (var field in fields)
            if (!JsonNode.DeepEquals(next[field], current[field])) causes.Forbidden(field, "field is immutable when `immutable` is set");
    }
}

/// <summary>Deployments, ReplicaSets and DaemonSets are kept, not run: enough that manifests with them apply.</summary>
internal sealed class WorkloadRules : KindRules
{
    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["spec"] is not JsonObject spec) return;
        if (next.Text("kind") is not "DaemonSet") spec["replicas"] ??= 1;
        if (spec.At("template", "spec") is JsonObject template) PodRules.DefaultSpec(template);
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        if (next.At("spec", "selector") is not { } selector) causes.Required("spec.selector");
        else SelectorRules.Validate(selector, "spec.selector", causes);
        if (next.At("spec", "template", "spec") is JsonObject template) PodRules.ValidateSpec(template, "spec.template.spec", causes);
        else causes.Required("spec.template.spec.containers");
        if (next.Number("spec", "replicas") < 0) causes.Invalid("spec.replicas", next.Number("spec", "replicas"), "must be greater than or equal to 0");
        if (current is not null && !JsonNode.DeepEquals(next.At("spec", "selector"), current.At("spec", "selector")))
            causes.Invalid("spec.selector", next.At("spec", "selector")?.DeepClone(), "field is immutable");
        var labels = System.Text.Json.JsonElement.Parse(JsonText.Text(new JsonObject { ["metadata"] = next.At("spec", "template", "metadata")?.DeepClone() ?? new JsonObject() }));
        var wanted = System.Text.Json.JsonElement.Parse(JsonText.Text(next.At("spec", "selector")));
        if (wanted.ValueKind is System.Text.Json.JsonValueKind.Object && !Selectors.LabelSelector.Selects(wanted, labels))
            causes.Invalid("spec.template.metadata.labels", next.At("spec", "template", "metadata", "labels")?.DeepClone(), "`selector` does not match template `labels`");
    }
}

/// <summary>Names such as <c>system:controller:x</c> are ordinary among RBAC objects.</summary>
internal sealed class RbacRules : KindRules
{
    public override string? InvalidName(string name) => Names.InvalidPathSegment(name);

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["roleRef"] is JsonObject role) role["apiGroup"] ??= "rbac.authorization.k8s.io";
        foreach (var subject in next.Items("subjects").OfType<JsonObject>())
            if (subject["apiGroup"] is null && subject.Text("kind") is "User" or "Group") subject["apiGroup"] = "rbac.authorization.k8s.io";
    }
}
