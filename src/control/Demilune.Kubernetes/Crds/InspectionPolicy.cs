using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>A NetworkPolicy whose rules each may name who judges what they allow.</summary>
[CustomResource("inspectionpolicies", "InspectionPolicy", true, "inspol")]
[Description("A NetworkPolicy whose rules each may name a SecurityPolicy: it isolates and allows as a NetworkPolicy of the same words would, beside those that there are.")]
[PrinterColumn("Pod-Selector", "string", ".spec.podSelector")]
[PrinterColumn("Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status")]
[PrinterColumn("Message", "string", ".status.conditions[?(@.type==\"Accepted\")].message", Wide = true)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class InspectionPolicy : CustomResource<InspectionPolicySpec, PolicyStatus>
{
    public static readonly ResourceType Resource = new(Group.Name, "v1alpha1", "inspectionpolicies", "InspectionPolicy");
}

public sealed class InspectionPolicySpec
{
    [Description("Which pods of its namespace it selects. Empty: all.")]
    [Required]
    public V1LabelSelector? PodSelector { get; set; }

    [Description("Ingress, Egress. Left out: Ingress always, Egress if there are egress rules.")]
    [MaxLength(2)]
    public IList<string>? PolicyTypes { get; set; }

    [Description("Who judges what is allowed by those rules that name nobody themselves.")]
    [MaxLength(253)]
    public string? SecurityPolicy { get; set; }

    [Description("Who only reports what it would have done about what is allowed by those rules that name none themselves.")]
    [MaxLength(253)]
    public string? ShadowSecurityPolicy { get; set; }

    [Description("What may come in.")]
    public IList<InspectionIngressRule>? Ingress { get; set; }

    [Description("What may go out.")]
    public IList<InspectionEgressRule>? Egress { get; set; }
}

public abstract class InspectionRule
{
    [Description("Who judges what this rule allows; of egress, where it leaves the cluster.")]
    [MaxLength(253)]
    public string? SecurityPolicy { get; set; }

    [Description("Who only reports what it would have done about it.")]
    [MaxLength(253)]
    public string? ShadowSecurityPolicy { get; set; }
}

public sealed class InspectionIngressRule : InspectionRule
{
    [Description("Whom it allows; left out or empty: everybody.")]
    public IList<V1NetworkPolicyPeer>? From { get; set; }

    [Description("To which ports; left out or empty: to all.")]
    public IList<V1NetworkPolicyPort>? Ports { get; set; }
}

public sealed class InspectionEgressRule : InspectionRule
{
    [Description("To whom it allows; left out or empty, and without toDomainNames: to everybody.")]
    public IList<V1NetworkPolicyPeer>? To { get; set; }

    [Description("And to whoever the pod is told, by a name server, has one of these names; \"*.NAME\": any name under it.")]
    [MaxLength(25)]
    public IList<string>? ToDomainNames { get; set; }

    [Description("To which ports; left out or empty: to all.")]
    public IList<V1NetworkPolicyPort>? Ports { get; set; }
}

/// <summary>What became of a policy.</summary>
public sealed class PolicyStatus
{
    [Description("Accepted: all of it makes sense, and is in the network.")]
    [ListKey("type")]
    public IList<V1Condition>? Conditions { get; set; }
}
