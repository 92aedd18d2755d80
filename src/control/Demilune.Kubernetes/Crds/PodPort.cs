using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Demilune.Kubernetes.Api;

namespace Demilune.Kubernetes.Crds;

/// <summary>The port that a pod has on the network, and how it is protected right now.</summary>
[CustomResource("podports", "PodPort", true, "podport")]
[Description("The port that a pod has on the network, and how it is protected: what was observed, not what was wished.")]
[PrinterColumn("Node", "string", ".spec.node")]
[PrinterColumn("Addresses", "string", ".status.addresses")]
[PrinterColumn("Active", "boolean", ".status.active")]
[PrinterColumn("Protection", "string", ".status.protection")]
[PrinterColumn("Policies", "string", ".status.securityPolicies")]
[PrinterColumn("Reason", "string", ".status.reason", Wide = true)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class PodPort : CustomResource<PodPortSpec, PodPortStatus>
{
    public static readonly ResourceType Resource = new(Group.Name, "v1alpha1", "podports", "PodPort");
}

public sealed class PodPortSpec
{
    [Description("The pod's UID.")]
    [Required]
    public string? PodUid { get; set; }

    [Description("Where the pod runs.")]
    [Required]
    public string? Node { get; set; }
}

public sealed class PodPortStatus
{
    [Description("The port's id on the network.")]
    public string? PortId { get; set; }

    [Description("Its Ethernet address.")]
    public string? Mac { get; set; }

    [Description("Its addresses.")]
    public IList<string>? Addresses { get; set; }

    [Description("Names of the security groups on it: NAMESPACE/NETWORKPOLICY, or allow-all-ingress, allow-all-egress.")]
    public IList<string>? SecurityGroups { get; set; }

    [Description("The SecurityPolicies that judge its traffic.")]
    public IList<string>? SecurityPolicies { get; set; }

    [Description("None: nothing asks for inspection. Inspected: selected traffic is judged by a live firewall. " +
        "Blocked: it is dropped, since no firewall can judge it. Uninspected: for that reason it passes unjudged. Pending: not yet in the kernel.")]
    public Protection? Protection { get; set; }

    [Description("Why the protection is what it is, where that is not plain.")]
    public string? Reason { get; set; }

    [Description("The interface is there and the policy is in the kernel.")]
    public bool? Active { get; set; }
}

/// <summary>What happens to the traffic of a pod that its policies want inspected.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Protection>))]
public enum Protection
{
    Pending,
    None,
    Inspected,
    Blocked,
    Uninspected,
}
