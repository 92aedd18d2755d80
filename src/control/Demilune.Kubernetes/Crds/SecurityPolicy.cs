using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>What to look for in traffic, and what to do about it.</summary>
[CustomResource("securitypolicies", "SecurityPolicy", false, "secpol")]
[Description("What to look for in layer 7 traffic, and what to do about it. Named by NetworkPolicies (annotation demilune.dev/security-policy).")]
[PrinterColumn("Mode", "string", ".spec.mode")]
[PrinterColumn("Enforced", "string", ".status.conditions[?(@.type==\"Enforced\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Enforced\")].reason")]
[PrinterColumn("Pods", "integer", ".status.pods")]
[PrinterColumn("Loaded", "integer", ".status.loadedInstances")]
[PrinterColumn("Instances", "integer", ".status.instances")]
[PrinterColumn("Rules", "integer", ".status.rules")]
[PrinterColumn("OnFailure", "string", ".spec.onFailure", Wide = true)]
[PrinterColumn("Tag", "integer", ".status.tag", Wide = true)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class SecurityPolicy : CustomResource<SecurityPolicySpec, SecurityPolicyStatus>
{
    public static readonly ResourceType Resource = new(Group.Name, "v1alpha1", "securitypolicies", "SecurityPolicy", Namespaced: false);
}

public sealed class SecurityPolicySpec
{
    [Description("Prevent blocks what the rules say is to be dropped or rejected. Detect only reports it.")]
    [DefaultValue(PolicyMode.Prevent)]
    public PolicyMode? Mode { get; set; }

    [Description("What becomes of the selected traffic while no firewall can judge it: Closed drops it, Open lets it pass uninspected. " +
        "Default: what the Firewall says.")]
    public FailureAction? OnFailure { get; set; }

    [Description("The Firewall whose instances judge the traffic.")]
    [DefaultValue("default")]
    [MaxLength(253)]
    public string? Firewall { get; set; }

    [Description("Rules in Suricata's language; all of them apply, in this order.")]
    [MaxLength(64)]
    public IList<RuleReference>? Rules { get; set; }
}

[ExactlyOneMember]
[Description("Where rules come from: exactly one of inline, configMap and builtin.")]
public sealed class RuleReference
{
    [Description("The rules themselves.")]
    [MaxLength(1_000_000)]
    public string? Inline { get; set; }

    [Description("A key of a ConfigMap.")]
    public ConfigMapKeyReference? ConfigMap { get; set; }

    [Description("A rule file that the firewall's image carries, for example web-baseline.")]
    [RegularExpression("^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")]
    public string? Builtin { get; set; }
}

public sealed class ConfigMapKeyReference
{
    [Description("Namespace of the ConfigMap.")]
    [Required]
    public string? Namespace { get; set; }

    [Description("Name of the ConfigMap.")]
    [Required]
    public string? Name { get; set; }

    [Description("Key in its data.")]
    [Required]
    public string? Key { get; set; }
}

public sealed class SecurityPolicyStatus
{
    [Description("802.1Q tag of the policy's frames between splice and firewall.")]
    [Range(1, 4094)]
    public int? Tag { get; set; }

    [Description("How many pods' traffic the policy judges.")]
    public int? Pods { get; set; }

    [Description("How many firewall instances have to load the policy.")]
    public int? Instances { get; set; }

    [Description("How many of them have loaded its current revision.")]
    public int? LoadedInstances { get; set; }

    [Description("How many rules are in force: the least that any instance reports.")]
    public int? Rules { get; set; }

    [Description("Rules that were refused, as source:line:column: message; the first 20.")]
    public IList<string>? RuleErrors { get; set; }

    [Description("The generation of the spec that the status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("Accepted: the spec makes sense and its references exist. Loaded: every instance has the current revision. " +
        "Enforced: every flow it selects is being judged by it.")]
    [ListKey("type")]
    public IList<V1Condition>? Conditions { get; set; }
}

[JsonConverter(typeof(JsonStringEnumConverter<PolicyMode>))]
public enum PolicyMode
{
    Prevent,
    Detect,
}

/// <summary>What becomes of traffic that no firewall can judge.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureAction>))]
public enum FailureAction
{
    Closed,
    Open,
}
