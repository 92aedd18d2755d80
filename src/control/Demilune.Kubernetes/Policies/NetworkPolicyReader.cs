using System.Collections.Immutable;
using System.Globalization;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Addresses;
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
        var selector = Selectors.Read(spec.PodSelector, problems, "spec.podSelector");
        return new NetworkPolicy(
            new Name(policy.Metadata.NamespaceProperty, policy.Metadata.Name),
            // A policy whose own selector is nonsense isolates its whole namespace: to select nobody would open it.
            selector ?? LabelSelector.Everything,
            Types(spec.PolicyTypes, problems),
            [.. (spec.Ingress ?? []).Select((rule, index) => PolicyRule.Of(
                Peers(rule.FromProperty, problems, $"ingress[{index}].from"), Ports(rule.Ports, problems, $"ingress[{index}].ports")))],
            [.. (spec.Egress ?? []).Select((rule, index) => PolicyRule.Of(
                Peers(rule.To, problems, $"egress[{index}].to"), Ports(rule.Ports, problems, $"egress[{index}].ports")))],
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

    internal static ImmutableArray<PolicyType>? Types(IList<string>? types, List<string> problems)
    {
        if (types is null or { Count: 0 }) return null;
        foreach (var (type, index) in types.Select((type, index) => (type, index)))
            if (type is not (nameof(PolicyType.Ingress) or nameof(PolicyType.Egress)))
                problems.Add($"spec.policyTypes[{index}] \"{type}\" is neither Ingress nor Egress; it is taken for Ingress");
        return [.. types.Select(type => type == nameof(PolicyType.Egress) ? PolicyType.Egress : PolicyType.Ingress).Distinct()];
    }

    /// <param name="field">Where they stand, for their author: "ingress[0].from".</param>
    internal static List<PolicyPeer>? Peers(IList<V1NetworkPolicyPeer>? peers, List<string> problems, string field) =>
        peers?.Select((peer, index) => Peer(peer, problems, $"{field}[{index}]")).ToList();

    private static PolicyPeer Peer(V1NetworkPolicyPeer peer, List<string> problems, string field)
    {
        if (peer.IpBlock is { } block)
            return peer.PodSelector is null && peer.NamespaceSelector is null
                ? Block(block, problems, $"{field}.ipBlock")
                : Nobody($"{field} has both an ipBlock and a selector", problems);
        if (peer.PodSelector is null && peer.NamespaceSelector is null) return Nobody($"{field} has neither selector nor ipBlock", problems);
        var namespaces = peer.NamespaceSelector is null ? null : Selectors.Read(peer.NamespaceSelector, problems, $"{field}.namespaceSelector");
        var pods = peer.PodSelector is null ? LabelSelector.Everything : Selectors.Read(peer.PodSelector, problems, $"{field}.podSelector");
        return pods is null || (peer.NamespaceSelector is not null && namespaces is null)
            ? new PolicyPeer.Nobody()
            : new PolicyPeer.Pods(namespaces, pods);
    }

    private static PolicyPeer Block(V1IPBlock block, List<string> problems, string field)
    {
        if (!Prefix.TryParse(block.Cidr ?? "", out var whole)) return Nobody($"{field}.cidr \"{block.Cidr}\" is no CIDR", problems);
        foreach (var (text, index) in (block.Except ?? []).Select((text, index) => (text, index)))
        {
            // An exception that cannot be read could have meant anything within the block.
            if (!Prefix.TryParse(text, out var hole)) return Nobody($"{field}.except[{index}] \"{text}\" is no CIDR, so of the whole block {block.Cidr}", problems);
            if (!whole.Contains(hole)) problems.Add($"{field}.except[{index}] {text} is not within {block.Cidr}; it takes nothing out");
        }
        return new PolicyPeer.Block(block.Cidr!, [.. block.Except ?? []]);
    }

    internal static List<PolicyPort>? Ports(IList<V1NetworkPolicyPort>? ports, List<string> problems, string field) =>
        ports?.Select((port, index) => Port(port, problems, $"{field}[{index}]")).ToList();

    private static PolicyPort Port(V1NetworkPolicyPort port, List<string> problems, string field)
    {
        if (ProtocolOf(port.Protocol) is not { } protocol) return NoPort($"{field}.protocol \"{port.Protocol}\" is not TCP, UDP or SCTP", problems);
        var text = port.Port?.Value;
        if (string.IsNullOrEmpty(text))
            return port.EndPort is null
                ? new PolicyPort.Range(protocol, 0, ushort.MaxValue)
                : NoPort($"{field}.endPort without port", problems);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            return port.EndPort is null ? new PolicyPort.Named(protocol, text) : NoPort($"{field}.endPort with the named port \"{text}\"", problems);
        var last = port.EndPort ?? first;
        return first is > 0 and <= ushort.MaxValue && last >= first && last <= ushort.MaxValue
            ? new PolicyPort.Range(protocol, (ushort)first, (ushort)last)
            : NoPort($"{field}: ports {first}-{last} are no range within 1-65535", problems);
    }

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
