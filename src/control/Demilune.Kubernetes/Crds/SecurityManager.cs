using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>A system outside of the cluster that owns policies.</summary>
[CustomResource("securitymanagers", "SecurityManager", false, "secman")]
[Description("A system outside of the cluster that owns security policies. SecurityPolicies refer to its policies (spec.external); it is told which pods they protect.")]
[PrinterColumn("Url", "string", ".spec.url")]
[PrinterColumn("Reachable", "string", ".status.conditions[?(@.type==\"Reachable\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Reachable\")].reason")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class SecurityManager : CustomResource<SecurityManagerSpec, SecurityManagerStatus>
{
    public static readonly ResourceType Resource = new(Group.Name, "v1alpha1", "securitymanagers", "SecurityManager", Namespaced: false);
}

public sealed class SecurityManagerSpec
{
    [Description("Where it answers; /v1/policies and the like are appended.")]
    [Required]
    [MaxLength(2048)]
    [RegularExpression("^https?://[^\\s?#]+$")]
    public string? Url { get; set; }

    [Description("Authorities that its certificate may come from, in PEM. Left out: those of the controller's image.")]
    [MaxLength(65_536)]
    public string? CaBundle { get; set; }

    [Description("A Secret in demilune-system whose key \"token\" is sent as a bearer token, and is expected with its callbacks. Left out: none is sent, and no callback is taken.")]
    [MaxLength(253)]
    public string? TokenSecret { get; set; }

    [Description("How often it is asked whether its policies have changed, unless it says so itself.")]
    [DefaultValue("30s")]
    [RegularExpression("^[1-9][0-9]{0,2}[sm]$")]
    public string? PollInterval { get; set; }
}

public sealed class SecurityManagerStatus
{
    [Description("The policies that it has, by name; the first 500.")]
    public IList<string>? Policies { get; set; }

    [Description("The generation of the spec that the status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("Reachable: it answered when it was last asked. While it does not, what it said last stays in force.")]
    [ListKey("type")]
    public IList<V1Condition>? Conditions { get; set; }
}
