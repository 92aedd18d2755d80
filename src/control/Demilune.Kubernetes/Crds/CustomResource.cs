using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>An object of a kind of ours.</summary>
public abstract class CustomResource<TSpec, TStatus> : IKubernetesObject<V1ObjectMeta>
    where TSpec : class, new()
    where TStatus : class
{
    public string ApiVersion { get; set; } = Group.Version;

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public TSpec Spec { get; set; } = new();

    /// <summary>What was observed. Null: nobody has looked yet.</summary>
    public TStatus? Status { get; set; }
}

/// <summary>The API group of Demilune.</summary>
public static class Group
{
    public const string Name = "demilune.dev";
    public const string Version = "demilune.dev/v1alpha1";

    /// <summary>Who writes our objects' fields: the name under which server-side apply remembers us.</summary>
    public const string FieldManager = "demilune-controller";

    /// <summary>On a NetworkPolicy: the SecurityPolicy that judges what the policy allows.</summary>
    public const string SecurityPolicyAnnotation = "demilune.dev/security-policy";

    /// <summary>On a NetworkPolicy: the SecurityPolicy that only reports what it would have done about what the policy allows.</summary>
    public const string ShadowSecurityPolicyAnnotation = "demilune.dev/shadow-security-policy";

    /// <summary>On a firewall's pod: the Firewall it is an instance of.</summary>
    public const string FirewallLabel = "demilune.dev/firewall";

    /// <summary>Where firewalls run.</summary>
    public const string SystemNamespace = "demilune-system";
}
