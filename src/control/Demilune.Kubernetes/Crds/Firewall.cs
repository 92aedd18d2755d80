using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>A firewall to run wherever pods need it.</summary>
[CustomResource("firewalls", "Firewall", false, "fw")]
[Description("A firewall: instances run on each node that has pods to protect, and none elsewhere.")]
[PrinterColumn("Engine", "string", ".spec.engine")]
[PrinterColumn("Available", "string", ".status.conditions[?(@.type==\"Available\")].status")]
[PrinterColumn("Healthy", "integer", ".status.healthyInstances")]
[PrinterColumn("Instances", "integer", ".status.instances")]
[PrinterColumn("Pods", "integer", ".status.protectedPods")]
[PrinterColumn("Spliced", "integer", ".status.splicedFlows")]
[PrinterColumn("OnFailure", "string", ".spec.onFailure", Wide = true)]
[PrinterColumn("Image", "string", ".spec.image", Wide = true)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed class Firewall : CustomResource<FirewallSpec, FirewallStatus>
{
    public static readonly ResourceType Resource = new(Group.Name, "v1alpha1", "firewalls", "Firewall", Namespaced: false);
}

public sealed class FirewallSpec
{
    /// <summary>Our own engine.</summary>
    public const string Demilune = "demilune";

    /// <summary>So that a node's chain (16 pairs) has room for all of them beside those that drain.</summary>
    public const int MaxInstancesPerNode = 8;

    /// <summary>Suricata 7.</summary>
    public const string Suricata = "suricata";

    /// <summary>What runs if nothing else is said.</summary>
    public static string DefaultImage(string? engine) => engine == Suricata ? "demilune.local/suricata:latest" : "demilune.local/firewall:latest";

    [Description("The engine inside. Each has an image of its own; both understand the same rules. suricata knows no allow-lists (SecurityPolicy.spec.allow).")]
    [DefaultValue("demilune")]
    [AllowedValues("demilune", "suricata")]
    public string? Engine { get; set; }

    [Description("The container image. Default: demilune.local/firewall:latest; of the engine suricata demilune.local/suricata:latest.")]
    public string? Image { get; set; }

    [Description("Secrets of the namespace demilune-system by which the image is fetched.")]
    [ListKey("name")]
    [MaxLength(16)]
    public IList<PullSecret>? ImagePullSecrets { get; set; }

    [Description("Compute resources of each instance, as in a pod. Default: it is guaranteed 250m of CPU and 256Mi of memory, so that a busy node does not look like a dead firewall.")]
    public FirewallResources? Resources { get; set; }

    [Description("Instances on each node that needs the firewall. A flow stays with the one that saw it begin; new ones are spread, and go past one that is dead.")]
    [DefaultValue(1)]
    [Range(1, MaxInstancesPerNode)]
    public int? InstancesPerNode { get; set; }

    [Description("Labels of the nodes on which instances may run; none: on all. On another node onFailure of its policies decides, and Available says so. Taints never keep an instance away: it is where the pods are.")]
    public IDictionary<string, string>? NodeSelector { get; set; }

    [Description("Settings of the engine, in YAML, with which each instance starts: docs/engines.md has those of each. A change rolls out as one of the image does.")]
    public FirewallBootstrap? Bootstrap { get; set; }

    [Description("How instances are replaced when the spec changes.")]
    public FirewallUpgrade? Upgrade { get; set; }

    [Description("What becomes of selected traffic while no instance can judge it, for policies that do not say.")]
    [DefaultValue(FailureAction.Closed)]
    public FailureAction? OnFailure { get; set; }

    [Description("An instance whose packet thread was silent for this long counts as dead. Less than 100ms is in force only where the thread has real-time scheduling (at least 10ms); status.heartbeatDeadline says what is.")]
    [DefaultValue("100ms")]
    [RegularExpression("^([1-9][0-9]{1,4}ms|[1-9][0-9]?s)$")]
    public string? HeartbeatDeadline { get; set; }
}

public sealed class FirewallResources
{
    [Description("What an instance is guaranteed, for example cpu: 500m, memory: 256Mi.")]
    public IDictionary<string, IntOrString>? Requests { get; set; }

    [Description("What an instance may use at most.")]
    public IDictionary<string, IntOrString>? Limits { get; set; }
}

[ExactlyOneMember]
[Description("Where the settings are: exactly one of inline and configMap.")]
public sealed class FirewallBootstrap
{
    [Description("The settings themselves.")]
    [MaxLength(16_384)]
    public string? Inline { get; set; }

    [Description("A key of a ConfigMap.")]
    public ConfigMapKeyReference? ConfigMap { get; set; }
}

public sealed class PullSecret
{
    [Description("The Secret's name.")]
    [MaxLength(253)]
    [Required]
    public string? Name { get; set; }
}

public sealed class FirewallUpgrade
{
    [Description("On how many nodes a new revision may be about to prove itself, as a number or as a share of the nodes that have instances, rounded up. The others keep the former one until it passes frames there; if it does not it is taken back everywhere.")]
    [DefaultValue("25%")]
    [RegularExpression("^([1-9][0-9]?|100)%$")]
    public IntOrString? NodesAtOnce { get; set; }
}

public sealed class FirewallStatus
{
    [Description("How many instances should run.")]
    public int? Instances { get; set; }

    [Description("How many of them pass frames within the deadline.")]
    public int? HealthyInstances { get; set; }

    [Description("Pods with traffic that goes through this firewall.")]
    public int? ProtectedPods { get; set; }

    [Description("Flows sent through its running instances since each began.")]
    public long? SplicedFlows { get; set; }

    [Description("Of the healthy instances, how many have a packet thread with real-time scheduling.")]
    public int? RealTimeInstances { get; set; }

    [Description("After how long a silence an instance counts as dead: the longest that is in force. More than spec.heartbeatDeadline where an instance has no real-time scheduling.")]
    [MaxLength(16)]
    public string? HeartbeatDeadline { get; set; }

    [Description("The revision of its instances that was taken back because it passed no frames; the former one protects until the spec changes.")]
    [MaxLength(64)]
    public string? RefusedRevision { get; set; }

    [Description("The generation of the spec that the status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("Accepted: spec.bootstrap was found and understood. Available: every node that needs an instance has a healthy one. KeepsUp: no instance is given more frames than it takes. Progressing: instances are being started or replaced.")]
    [ListKey("type")]
    public IList<V1Condition>? Conditions { get; set; }
}
