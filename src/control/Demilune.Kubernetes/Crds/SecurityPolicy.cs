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

    [Description("What becomes of the selected traffic while no firewall can judge it: Closed drops it, Open lets it pass uninspected, " +
        "ClosedForNew lets connections that are there finish and drops new ones. " +
        "Default: what the Firewall says.")]
    public FailureAction? OnFailure { get; set; }

    [Description("The Firewall whose instances judge the traffic.")]
    [DefaultValue("default")]
    [MaxLength(253)]
    public string? Firewall { get; set; }

    [Description("Rules in Suricata's language; all of them apply, in this order.")]
    [MaxLength(64)]
    public IList<RuleReference>? Rules { get; set; }

    [Description("Rules that a SecurityManager owns, behind those of rules. Mode, onFailure and the firewall are said here.")]
    public ExternalPolicyReference? External { get; set; }

    [Description("What is allowed at layer 7, whatever the port: everything else is denied. Rules judge what is allowed. Left out: everything is allowed.")]
    public AllowList? Allow { get; set; }

    [Description("What becomes of a connection on which something is not allowed. Respond: HTTP gets a 403 that names the policy, all else a reset. " +
        "Reset: both ends are reset. Drop: nothing more goes through.")]
    [DefaultValue("Respond")]
    [AllowedValues("Respond", "Reset", "Drop")]
    public string? OnDenied { get; set; }
}

public sealed class AllowList
{
    [Description("HTTP requests, over HTTP/1 and HTTP/2: one of them must match.")]
    [MaxLength(256)]
    public IList<HttpAllow>? Http { get; set; }

    [Description("Calls of gRPC: one of them must match.")]
    [MaxLength(256)]
    public IList<GrpcAllow>? Grpc { get; set; }

    [Description("TLS connections: one of them must match.")]
    [MaxLength(256)]
    public IList<TlsAllow>? Tls { get; set; }

    [Description("DNS queries: one of them must match each question.")]
    [MaxLength(256)]
    public IList<DnsAllow>? Dns { get; set; }

    [Description("Protocols that are allowed altogether, as they are recognised by what is spoken: http, tls, dns, ssh, smtp …; unknown: what is not recognised.")]
    [MaxLength(64)]
    public IList<string>? Applications { get; set; }
}

[Description("All that is said must hold, of each list one.")]
public sealed class HttpAllow
{
    [Description("GET, POST …; left out: any.")]
    public IList<string>? Methods { get; set; }

    [Description("example.com, *.example.com; left out: any.")]
    public IList<string>? Hosts { get; set; }

    [Description("Of the normalised path, without the query; left out: any.")]
    public IList<TextMatch>? Paths { get; set; }

    [Description("Header fields that must be there, once.")]
    public IList<HeaderMatch>? Headers { get; set; }
}

[ExactlyOneMember]
public sealed class TextMatch
{
    [Description("This and nothing else.")]
    public string? Exact { get; set; }

    [Description("This, and what is below it: /a means /a and /a/b, not /ab.")]
    public string? Prefix { get; set; }

    [Description("A regular expression (PCRE) for the whole.")]
    [MaxLength(4096)]
    public string? Regex { get; set; }
}

public sealed class HeaderMatch
{
    [Description("Its name.")]
    [Required]
    public string? Name { get; set; }

    [Description("Its value; left out: any.")]
    public TextMatch? Value { get; set; }
}

public sealed class GrpcAllow
{
    [Description("package.Service, or package.* for all below a package; left out: any.")]
    public IList<string>? Services { get; set; }

    [Description("Methods of those services; left out: any.")]
    public IList<string>? Methods { get; set; }
}

public sealed class TlsAllow
{
    [Description("Names that clients ask for: example.com, *.example.com; left out: any, or none.")]
    public IList<string>? ServerNames { get; set; }

    [Description("The oldest version that the server may choose.")]
    [AllowedValues("1.0", "1.1", "1.2", "1.3")]
    public string? MinVersion { get; set; }

    [Description("JA3 of clients, as MD5 in hexadecimal; left out: any.")]
    public IList<string>? Ja3 { get; set; }

    [Description("JA4 of clients; left out: any.")]
    public IList<string>? Ja4 { get; set; }
}

public sealed class DnsAllow
{
    [Description("example.com, *.example.com; left out: any.")]
    public IList<string>? Names { get; set; }

    [Description("A, AAAA, …, or a number; left out: any.")]
    public IList<string>? Types { get; set; }
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

public sealed class ExternalPolicyReference
{
    [Description("Name of the SecurityManager.")]
    [Required]
    [MaxLength(253)]
    public string? Manager { get; set; }

    [Description("Name of the policy, as it lists it.")]
    [Required]
    [MaxLength(253)]
    public string? Policy { get; set; }
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

    [Description("What it has come to since the running instances loaded it.")]
    public PolicyCounts? Counts { get; set; }

    [Description("For how many pods it only reports what it would have done.")]
    public int? ShadowedPods { get; set; }

    [Description("Rules that were refused, as source:line:column: message; the first 20.")]
    public IList<string>? RuleErrors { get; set; }

    [Description("The generation of the spec that the status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("Accepted: the spec makes sense and its references exist. Loaded: every instance has the current revision. " +
        "Enforced: every flow it selects is being judged by it.")]
    [ListKey("type")]
    public IList<V1Condition>? Conditions { get; set; }
}

public sealed class PolicyCounts
{
    [Description("When they were counted: at most every ten seconds.")]
    public DateTime? At { get; set; }

    [Description("Flows that it has judged.")]
    public long? Flows { get; set; }

    [Description("Those of them on which it blocked something.")]
    public long? Blocked { get; set; }

    [Description("Those of them on which it would have, but for mode: Detect.")]
    public long? WouldBlock { get; set; }

    [Description("Flows about which it only reports what it would have done.")]
    public long? ShadowFlows { get; set; }

    [Description("Those of them on which it would have blocked something.")]
    public long? ShadowWouldBlock { get; set; }
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
    /// <summary>It is dropped.</summary>
    Closed,

    /// <summary>It passes uninspected.</summary>
    Open,

    /// <summary>Connections that were there may finish, uninspected; new ones are dropped.</summary>
    ClosedForNew,
}
