using System.Collections.Immutable;
using System.Globalization;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Kubernetes.Policies;

/// <summary>A NetworkPolicy as the API gives it → as the compiler takes it. What makes no sense allows nothing, and is reported.</summary>
public static class NetworkPolicyReader
{
    public static NetworkPolicy Read(V1NetworkPolicy policy)
    {
        var problems = new List<string>();
        var spec = policy.Spec ?? new V1NetworkPolicySpec();
        var selector = Selectors.Read(spec.PodSelector, problems);
        return new NetworkPolicy(
            new Name(policy.Metadata.NamespaceProperty, policy.Metadata.Name),
            // A policy whose own selector is nonsense isolates its whole namespace: to select nobody would open it.
            selector ?? LabelSelector.Everything,
            Types(spec.PolicyTypes),
            [.. (spec.Ingress ?? []).Select(rule => PolicyRule.Of(Peers(rule.FromProperty, problems), Ports(rule.Ports, problems)))],
            [.. (spec.Egress ?? []).Select(rule => PolicyRule.Of(Peers(rule.To, problems), Ports(rule.Ports, problems)))],
            Annotated(Group.SecurityPolicyAnnotation),
            [.. problems])
        {
            ShadowSecurityPolicy = Annotated(Group.ShadowSecurityPolicyAnnotation),
        };

        string? Annotated(string name) =>
            policy.Metadata.Annotations is { } annotations && annotations.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;
    }

    public static Protocol? ProtocolOf(string? name) => name switch
    {
        null or "" or "TCP" => Protocol.Tcp,
        "UDP" => Protocol.Udp,
        "SCTP" => Protocol.Sctp,
        _ => null,
    };

    internal static ImmutableArray<PolicyType>? Types(IList<string>? types) => types is null or { Count: 0 }
        ? null
        : [.. types.Select(type => type == nameof(PolicyType.Egress) ? PolicyType.Egress : PolicyType.Ingress).Distinct()];

    internal static List<PolicyPeer>? Peers(IList<V1NetworkPolicyPeer>? peers, List<string> problems) => peers?.Select(PolicyPeer (peer) =>
    {
        if (peer.IpBlock is { } block)
            return peer.PodSelector is null && peer.NamespaceSelector is null
                ? new PolicyPeer.Block(block.Cidr ?? "", [.. block.Except ?? []])
                : Nobody("a peer has both an ipBlock and a selector", problems);
        if (peer.PodSelector is null && peer.NamespaceSelector is null) return Nobody("a peer has neither selector nor ipBlock", problems);
        var namespaces = peer.NamespaceSelector is null ? null : Selectors.Read(peer.NamespaceSelector, problems);
        var pods = peer.PodSelector is null ? LabelSelector.Everything : Selectors.Read(peer.PodSelector, problems);
        return pods is null || (peer.NamespaceSelector is not null && namespaces is null)
            ? new PolicyPeer.Nobody()
            : new PolicyPeer.Pods(namespaces, pods);
    }).ToList();

    internal static List<PolicyPort>? Ports(IList<V1NetworkPolicyPort>? ports, List<string> problems) => ports?.Select(PolicyPort (port) =>
    {
        if (ProtocolOf(port.Protocol) is not { } protocol) return NoPort($"protocol \"{port.Protocol}\" is not TCP, UDP or SCTP", problems);
        var text = port.Port?.Value;
        if (string.IsNullOrEmpty(text))
            return port.EndPort is null
                ? new PolicyPort.Range(protocol, 0, ushort.MaxValue)
                : NoPort("endPort without port", problems);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            return port.EndPort is null ? new PolicyPort.Named(protocol, text) : NoPort($"endPort with the named port \"{text}\"", problems);
        var last = port.EndPort ?? first;
        return first is > 0 and <= ushort.MaxValue && last >= first && last <= ushort.MaxValue
            ? new PolicyPort.Range(protocol, (ushort)first, (ushort)last)
            : NoPort($"ports {first}-{last} are no range within 1-65535", problems);
    }).ToList();

    private static PolicyPeer.Nobody Nobody(string problem, List<string> problems)
    {
        problems.Add(problem + "; it allows nobody");
        return new PolicyPeer.Nobody();
    }

    private static PolicyPort.None NoPort(string problem, List<string> problems)
    {
        problems.Add(problem + "; it allows nothing");
        return new PolicyPort.None();
    }
}
