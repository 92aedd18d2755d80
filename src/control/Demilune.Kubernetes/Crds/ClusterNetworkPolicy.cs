using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>policy.networking.k8s.io/v1alpha2: what the administrator of the cluster says before, or after, the owners of namespaces.</summary>
/// <remarks>
/// The definition belongs to the Kubernetes project; ours is installed only where the cluster has none. What of it is not known here is read as
/// that project asks: a rule that cannot be understood accepts nothing, and denies everything.
/// </remarks>
[CustomResource("clusternetworkpolicies", "ClusterNetworkPolicy", false, "cnp", Group = Api, Version = "v1alpha2")]
[Description("What the administrator of the cluster says before (tier Admin) or after (tier Baseline) the NetworkPolicies of the namespaces.")]
[PrinterColumn("Tier", "string", ".spec.tier")]
[PrinterColumn("Priority", "integer", ".spec.priority")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class ClusterNetworkPolicy : CustomResource<ClusterNetworkPolicySpec, PolicyStatus>
{
    public const string Api = "policy.networking.k8s.io";

    public static readonly ResourceType Resource = new(Api, "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy", Namespaced: false);

    public ClusterNetworkPolicy() => ApiVersion = Resource.ApiVersion;
}

public sealed class ClusterNetworkPolicySpec
{
    [Description("Admin speaks before NetworkPolicies, Baseline for pods that none of them selects.")]
    [Required]
    [AllowedValues("Admin", "Baseline")]
    public string? Tier { get; set; }

    [Description("The smaller speaks first, within its tier.")]
    [Required]
    [Range(0, 1000)]
    public int? Priority { get; set; }

    [Description("Which pods it applies to.")]
    [Required]
    public ClusterPolicySubject? Subject { get; set; }

    [Description("The first rule that matches decides.")]
    [MaxLength(25)]
    public IList<ClusterIngressRule>? Ingress { get; set; }

    [Description("The first rule that matches decides.")]
    [MaxLength(25)]
    public IList<ClusterEgressRule>? Egress { get; set; }
}

[ExactlyOneMember]
public sealed class ClusterPolicySubject
{
    [Description("All pods of these namespaces.")]
    public V1LabelSelector? Namespaces { get; set; }

    [Description("Some pods of some namespaces.")]
    public NamespacedPods? Pods { get; set; }
}

public sealed class NamespacedPods
{
    [Description("Of which namespaces; empty: of all.")]
    public V1LabelSelector? NamespaceSelector { get; set; }

    [Description("Which pods; empty: all.")]
    public V1LabelSelector? PodSelector { get; set; }
}

public abstract class ClusterRule
{
    [Description("For people.")]
    [MaxLength(100)]
    public string? Name { get; set; }

    [Description("Accept and Deny are final; Pass leaves it to the next tier.")]
    [Required]
    [AllowedValues("Accept", "Deny", "Pass")]
    public string? Action { get; set; }
}

public sealed class ClusterIngressRule : ClusterRule
{
    [Description("Whose traffic.")]
    [Required]
    [MaxLength(25)]
    public IList<ClusterPeer>? From { get; set; }

    [Description("Of which protocols and ports; left out: all.")]
    [MaxLength(25)]
    public IList<ClusterProtocol>? Protocols { get; set; }
}

public sealed class ClusterEgressRule : ClusterRule
{
    [Description("Traffic to whom.")]
    [Required]
    [MaxLength(25)]
    public IList<ClusterEgressPeer>? To { get; set; }

    [Description("Of which protocols and ports; left out: all.")]
    [MaxLength(25)]
    public IList<ClusterProtocol>? Protocols { get; set; }
}

public class ClusterPeer
{
    [Description("All pods of these namespaces.")]
    public V1LabelSelector? Namespaces { get; set; }

    [Description("Some pods of some namespaces.")]
    public NamespacedPods? Pods { get; set; }
}

public sealed class ClusterEgressPeer : ClusterPeer
{
    [Description("The addresses of these nodes.")]
    public V1LabelSelector? Nodes { get; set; }

    [Description("Whoever has an address in one of these CIDRs, pods too.")]
    [MaxLength(25)]
    public IList<string>? Networks { get; set; }

    [Description("Whoever the pod is told, by a name server, has one of these names; \"*.NAME\": any name under it. Only to accept.")]
    [MaxLength(25)]
    public IList<string>? DomainNames { get; set; }
}

public sealed class ClusterProtocol
{
    [Description("TCP.")]
    public ClusterTransport? Tcp { get; set; }

    [Description("UDP.")]
    public ClusterTransport? Udp { get; set; }

    [Description("SCTP.")]
    public ClusterTransport? Sctp { get; set; }

    [Description("Whatever number, and protocol, the pod that accepts the connection gives to the name.")]
    public string? DestinationNamedPort { get; set; }
}

public sealed class ClusterTransport
{
    [Description("Left out: every port.")]
    public ClusterPort? DestinationPort { get; set; }
}

[ExactlyOneMember]
public sealed class ClusterPort
{
    [Description("One port.")]
    [Range(1, 65535)]
    public int? Number { get; set; }

    [Description("Several.")]
    public ClusterPortRange? Range { get; set; }
}

public sealed class ClusterPortRange
{
    [Description("The first.")]
    [Required]
    [Range(1, 65535)]
    public int? Start { get; set; }

    [Description("The last, included.")]
    [Required]
    [Range(1, 65535)]
    public int? End { get; set; }
}
