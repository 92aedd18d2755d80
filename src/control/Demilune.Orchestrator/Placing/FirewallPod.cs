using System.Security.Cryptography;
using System.Text;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Bootstrapping;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>The pod of one instance of a Firewall.</summary>
internal static class FirewallPod
{
    /// <summary>What the pod was made from; another value: it is outdated.</summary>
    public const string RevisionLabel = "demilune.dev/firewall-revision";

    private const string EngineAnnotation = "demilune.dev/engine";

    private const string Program = "/usr/lib/demilune/firewall/demilune-firewall";
    private const string SocketDirectory = "/run/demilune";

    /// <summary>Where Suricata's rules are written for it. In memory: rules may be secret.</summary>
    private const string WorkDirectory = "/var/lib/suricata";

    /// <summary>
    /// Two that want to fill one slot at the same time want the same name, and only one gets it. At most 49 characters, so
    /// that the path of its socket stays within the 108 that Unix allows.
    /// </summary>
    /// <param name="attempt">Grows when the pod of that name is beyond help and still in the way.</param>
    public static string NameOf(Firewall firewall, string node, string revision, int attempt)
    {
        var slot = Hash($"{firewall.Metadata.Uid}\0{node}\0{revision}")[..6];
        return $"{Short(firewall.Metadata.Name)}-{Short(node)}-{slot}" + (attempt == 0 ? "" : $"-{attempt}");
    }

    /// <summary>Of everything in the spec that a running instance cannot take over.</summary>
    public static string RevisionOf(Firewall firewall, OrchestratorOptions options) => Hash(string.Join('\0',
        firewall.Spec.Engine, firewall.Spec.Image, options.AgentRunDirectory,
        firewall.Spec.Resources is null ? "" : ObjectJson.Write(firewall.Spec.Resources))
        + (firewall.Spec.ImagePullSecrets is { Count: > 0 } secrets ? $"\0{string.Join(' ', secrets.Select(secret => secret.Name))}" : "")
        + (options.RoutedFirewalls ? "\0routed" : "")
        + (Bootstrap.Of(firewall).Arguments is { Length: > 0 } settings ? $"\0bootstrap\0{string.Join('\0', settings)}" : ""))[..10];

    /// <summary>The engine that is in an instance: while its Firewall changes it is not the Firewall's.</summary>
    public static string EngineOf(V1Pod pod) => pod.Metadata.Annotations is { } notes && notes.TryGetValue(EngineAnnotation, out var engine) ? engine : FirewallSpec.Demilune;

    /// <summary>What an instance was made from; null: not by us.</summary>
    public static string? RevisionOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(RevisionLabel, out var revision) ? revision : null;

    /// <param name="seccomp">The profile that the node has for firewalls; null or empty: the container runtime's default.</param>
    public static V1Pod Of(Firewall firewall, string node, string name, OrchestratorOptions options, string? seccomp = null) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = Group.SystemNamespace,
            Labels = new Dictionary<string, string>
            {
                [Group.FirewallLabel] = firewall.Metadata.Name,
                [RevisionLabel] = RevisionOf(firewall, options),
                ["app.kubernetes.io/name"] = "demilune-firewall",
                ["app.kubernetes.io/managed-by"] = "demilune",
            },
            Annotations = new Dictionary<string, string> { [EngineAnnotation] = firewall.Spec.Engine ?? FirewallSpec.Demilune },
            OwnerReferences =
            [
                new V1OwnerReference
                {
                    ApiVersion = Group.Version, Kind = "Firewall", Name = firewall.Metadata.Name, Uid = firewall.Metadata.Uid,
                    Controller = true, BlockOwnerDeletion = true,
                },
            ],
        },
        Spec = new V1PodSpec
        {
            // Pinned: the scheduler has no say in where the pods to protect are.
            NodeName = node,
            Tolerations = [new V1Toleration { OperatorProperty = "Exists" }],
            // Without it its node's pods are unprotected or cut off: it goes last when the node runs short of anything.
            PriorityClassName = "system-node-critical",
            RestartPolicy = "Always",
            TerminationGracePeriodSeconds = 2,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            ImagePullSecrets = firewall.Spec.ImagePullSecrets is { Count: > 0 } secrets ? [.. secrets.Select(secret => new V1LocalObjectReference { Name = secret.Name })] : null,
            Containers = [Container(firewall, options, seccomp)],
            Volumes =
            [
                .. firewall.Spec.Engine == FirewallSpec.Suricata
                    ? (V1Volume[])[new V1Volume { Name = "work", EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity("64Mi") } }]
                    : [],
                new V1Volume
                {
                    Name = "agent",
                    HostPath = new V1HostPathVolumeSource { Path = $"{options.AgentRunDirectory}/firewall/{name}", Type = "DirectoryOrCreate" },
                },
            ],
        },
    };

    private static V1Container Container(Firewall firewall, OrchestratorOptions options, string? seccomp) => new()
    {
        Name = "firewall",
        Image = firewall.Spec.Image ?? FirewallSpec.DefaultImage(firewall.Spec.Engine),
        ImagePullPolicy = "IfNotPresent",
        Args =
        [
            .. firewall.Spec.Engine == FirewallSpec.Suricata ? (string[])["--engine", "suricata", "--work", WorkDirectory] : [],
            "--in", "in", "--out", "out", "--agent", $"{SocketDirectory}/agent.sock", "--rules", "/usr/share/demilune/rules",
            .. options.RoutedFirewalls ? (string[])["--forward", "routed"] : [],
            .. Bootstrap.Of(firewall).Arguments,
        ],
        VolumeMounts =
        [
            .. firewall.Spec.Engine == FirewallSpec.Suricata ? (V1VolumeMount[])[new V1VolumeMount { Name = "work", MountPath = WorkDirectory }] : [],
            new V1VolumeMount { Name = "agent", MountPath = SocketDirectory },
        ],
        ReadinessProbe = new V1Probe
        {
            Exec = new V1ExecAction { Command = [Program, "health"] },
            PeriodSeconds = 5,
            TimeoutSeconds = 5,
            FailureThreshold = 3,
        },
        Resources = Resources(firewall.Spec.Resources),
        SecurityContext = new V1SecurityContext
        {
            // Root without capabilities but these two: a packet socket, and its packet thread before all others.
            RunAsUser = 0,
            Privileged = false,
            AllowPrivilegeEscalation = false,
            ReadOnlyRootFilesystem = true,
            Capabilities = new V1Capabilities { Drop = ["ALL"], Add = ["NET_RAW", "SYS_NICE"] },
            SeccompProfile = string.IsNullOrEmpty(seccomp) ? new() { Type = "RuntimeDefault" } : new() { Type = "Localhost", LocalhostProfile = seccomp },
        },
    };

    /// <summary>
    /// Without a request it would be the last to run on a busy node, and miss its heartbeats there: a node's load must not look like a firewall's death.
    /// </summary>
    private static readonly Dictionary<string, ResourceQuantity> s_requests = new() { ["cpu"] = new("250m"), ["memory"] = new("256Mi") };

    private static V1ResourceRequirements Resources(FirewallResources? resources) => resources is null ? new() { Requests = s_requests } : new V1ResourceRequirements
    {
        Requests = resources.Requests?.ToDictionary(one => one.Key, one => new ResourceQuantity(one.Value.Value)),
        Limits = resources.Limits?.ToDictionary(one => one.Key, one => new ResourceQuantity(one.Value.Value)),
    };

    private static string Short(string name)
    {
        var kept = name.Replace('.', '-');
        return (kept.Length <= 18 ? kept : kept[..18]).TrimEnd('-');
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
