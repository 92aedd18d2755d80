using System.Collections.Immutable;
using System.Text.Json;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Bootstrapping;

/// <summary>What a Firewall's spec.bootstrap comes to.</summary>
/// <param name="Arguments">Of the firewall's process, in the order of the settings' names; empty if it was refused.</param>
/// <param name="Reason">Why it was refused, for programs; null: it was accepted.</param>
/// <param name="Message">For people.</param>
internal sealed record Bootstrap(ImmutableArray<string> Arguments, string? Reason, string Message)
{
    private static readonly Bootstrap s_none = new([], null, "It starts with its engine's own settings.");

    public bool IsAccepted => Reason is null;

    /// <summary>The Firewall with the text that it refers to in it, if that is there. Pure.</summary>
    public static Firewall Follow(Firewall firewall, Func<ObjectKey, V1ConfigMap?> configMap)
    {
        if (firewall.Spec.Bootstrap?.ConfigMap is not { } reference
            || configMap(KeyOf(reference))?.Data is not { } data || !data.TryGetValue(reference.Key ?? "", out var text)) return firewall;
        // The one that came in is the watch's, which everybody reads.
        var followed = ObjectJson.Read<Firewall>(JsonElement.Parse(ObjectJson.Write(firewall)));
        followed.Spec.Bootstrap!.Inline = text;
        return followed;
    }

    /// <param name="firewall">As <see cref="Follow"/> left it.</param>
    public static Bootstrap Of(Firewall firewall)
    {
        if (firewall.Spec.Bootstrap is not { } bootstrap) return s_none;
        var source = bootstrap.ConfigMap is { } reference ? $"ConfigMap {KeyOf(reference)}, key \"{reference.Key}\"" : "spec.bootstrap.inline";
        if (bootstrap.Inline is not { } text) return Refused("BootstrapNotFound", $"spec.bootstrap.configMap: {source} is not there");
        var errors = new List<string>();
        var known = EngineSettings.Of(firewall.Spec.Engine);
        var accepted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in SettingsText.Read(text, errors))
        {
            if (known.Check(setting) is { } error) errors.Add($"line {setting.Line}: {error}");
            else if (!accepted.TryAdd(setting.Path, setting.Value)) errors.Add($"line {setting.Line}: {setting.Path} is there twice");
        }
        if (errors.Count > 0) return Refused("BootstrapInvalid", $"{source}: {string.Join("; ", errors.Take(10))}");
        return new([.. accepted.SelectMany(setting => known.Arguments(setting.Key, setting.Value))], null, $"{accepted.Count} settings of {source} are understood.");
    }

    private static Bootstrap Refused(string reason, string message) => new([], reason, $"{message}. Instances that run go on as they are, and no others are made.");

    private static ObjectKey KeyOf(ConfigMapKeyReference reference) => new(reference.Namespace ?? "", reference.Name ?? "");
}
