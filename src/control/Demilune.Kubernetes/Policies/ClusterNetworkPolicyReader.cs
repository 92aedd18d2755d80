using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Kubernetes.Policies;

/// <summary>A ClusterNetworkPolicy as the API gives it → as the compiler takes it.</summary>
/// <remarks>
/// What cannot be understood fails closed, as the API asks: such a peer of an Accept rule matches nobody, and makes a Deny or Pass rule one that
/// denies everything.
/// </remarks>
public static class ClusterNetworkPolicyReader
{
    private const int MaxPriority = 1000;

    public static NetworkPolicy Read(ClusterNetworkPolicy policy)
    {
        var problems = new List<string>();
        var spec = policy.Spec;
        var (namespaces, pods) = Subject(spec.Subject, problems);
        if (spec.Tier is not ("Admin" or "Baseline")) problems.Add($"spec.tier \"{spec.Tier}\" is neither Admin nor Baseline; it is taken for Admin");
        if (spec.Priority is not (>= 0 and <= MaxPriority)) problems.Add($"spec.priority {spec.Priority} is not between 0 and {MaxPriority}");
        return new NetworkPolicy(
            new Name("", policy.Metadata.Name), pods, null,
            [.. (spec.Ingress ?? []).Select((rule, index) => Rule(
                rule.Name, rule.Action, rule.From?.Select(peer => Peer(peer, problems, $"ingress[{index}]")), rule.Protocols, problems, $"ingress[{index}]"))],
            [.. (spec.Egress ?? []).Select((rule, index) => Rule(
                rule.Name, rule.Action, rule.To?.Select(peer => Peer(peer, problems, $"egress[{index}]")), rule.Protocols, problems, $"egress[{index}]"))],
            null, [.. problems])
        {
            Kind = PolicyKind.ClusterNetworkPolicy,
            Tier = spec.Tier == "Baseline" ? Tier.Baseline : Tier.Admin,
            Priority = Math.Clamp(spec.Priority ?? 0, 0, MaxPriority),
            SubjectNamespaces = namespaces,
        };
    }

    private static (LabelSelector Namespaces, LabelSelector Pods) Subject(ClusterPolicySubject? subject, List<string> problems)
    {
        if (subject is { Namespaces: { } namespaces, Pods: null })
            return (Selectors.Read(namespaces, problems, "spec.subject.namespaces") ?? LabelSelector.Everything, LabelSelector.Everything);
        if (subject is { Namespaces: null, Pods: { } pods })
            return (Selectors.Read(pods.NamespaceSelector, problems, "spec.subject.pods.namespaceSelector") ?? LabelSelector.Everything, Selectors.Read(pods.PodSelector, problems, "spec.subject.pods.podSelector") ?? LabelSelector.Everything);
        // Whom it means cannot be known: its denials apply to all rather than to nobody.
        problems.Add("spec.subject needs exactly one of namespaces and pods; it is taken for every pod");
        return (LabelSelector.Everything, LabelSelector.Everything);
    }

    private static PolicyRule Rule(
        string? name, string? action, IEnumerable<ImmutableArray<PolicyPeer>>? peers, IList<ClusterProtocol>? protocols, List<string> problems, string field)
    {
        RuleAction? known = action switch { "Accept" => RuleAction.Accept, "Deny" => RuleAction.Deny, "Pass" => RuleAction.Pass, _ => null };
        if (known is null) problems.Add($"{field}.action \"{action}\" is none of Accept, Deny and Pass: the rule denies everything");
        var who = peers?.SelectMany(peer => peer).ToList() ?? [];
        if (who.Count == 0) problems.Add($"{field} names no peers");
        var ports = protocols?.SelectMany(protocol => Ports(protocol, problems, field)).ToList();
        if (known is RuleAction.Deny or RuleAction.Pass && who.OfType<PolicyPeer.Domain>().Any())
        {
            // Nobody knows all addresses of a name: to deny some of them would look like denying the name.
            problems.Add($"{field}: domainNames can only be accepted; the rule denies everything");
            who.Add(new PolicyPeer.Nobody());
        }
        var isClear = known is not null && who.Count > 0 && !who.OfType<PolicyPeer.Nobody>().Any() && ports?.OfType<PolicyPort.None>().Any() is not true;
        if (isClear || known == RuleAction.Accept)
            return PolicyRule.Of(who.Count > 0 ? who : [new PolicyPeer.Nobody()], ports) with { Action = known!.Value, Name = name };
        return new PolicyRule(null, null) { Action = RuleAction.Deny, Name = name };
    }

    private static ImmutableArray<PolicyPeer> Peer(ClusterPeer peer, List<string> problems, string field) =>
        Peer(new ClusterEgressPeer { Namespaces = peer.Namespaces, Pods = peer.Pods }, problems, field);

    private static ImmutableArray<PolicyPeer> Peer(ClusterEgressPeer peer, List<string> problems, string field)
    {
        switch (peer)
        {
            case { Namespaces: { } namespaces, Pods: null, Nodes: null, Networks: null, DomainNames: null }:
                return Pods(namespaces, null);
            case { Namespaces: null, Pods: { } pods, Nodes: null, Networks: null, DomainNames: null }:
                return Pods(pods.NamespaceSelector, pods.PodSelector);
            case { Namespaces: null, Pods: null, Nodes: { } nodes, Networks: null, DomainNames: null }:
                return Selectors.Read(nodes, problems, $"{field}: nodes") is { } selector ? [new PolicyPeer.Nodes(selector)] : [new PolicyPeer.Nobody()];
            case { Namespaces: null, Pods: null, Nodes: null, Networks: { Count: > 0 } networks, DomainNames: null }:
                return [.. networks.Select(network => Prefix.TryParse(network, out _) ? (PolicyPeer)new PolicyPeer.Block(network, []) : Unknown($"network \"{network}\" is no CIDR"))];
            case { Namespaces: null, Pods: null, Nodes: null, Networks: null, DomainNames: { Count: > 0 } names }:
                return [.. names.Select(name => DomainPattern.TryParse(name, out var pattern) ? (PolicyPeer)new PolicyPeer.Domain(pattern) : Unknown($"\"{name}\" is no domain name"))];
            default:
                return [Unknown("a peer needs exactly one of namespaces, pods, nodes, networks and domainNames")];
        }

        ImmutableArray<PolicyPeer> Pods(V1LabelSelector? namespaces, V1LabelSelector? pods) =>
            Selectors.Read(namespaces, problems, $"{field}: namespaceSelector") is { } of && Selectors.Read(pods, problems, $"{field}: podSelector") is { } which
                ? [new PolicyPeer.Pods(of, which)]
                : [new PolicyPeer.Nobody()];

        PolicyPeer.Nobody Unknown(string problem)
        {
            problems.Add($"{field}: {problem}");
            return new PolicyPeer.Nobody();
        }
    }

    private static IEnumerable<PolicyPort> Ports(ClusterProtocol protocol, List<string> problems, string field)
    {
        var said = new[] { (Protocol.Tcp, protocol.Tcp), (Protocol.Udp, protocol.Udp), (Protocol.Sctp, protocol.Sctp) }.Where(one => one.Item2 is not null).ToList();
        if (said.Count + (protocol.DestinationNamedPort is null ? 0 : 1) != 1)
        {
            problems.Add($"{field}: a protocol needs exactly one of tcp, udp, sctp and destinationNamedPort");
            return [new PolicyPort.None()];
        }
        if (protocol.DestinationNamedPort is { } name)
            return [new PolicyPort.Named(Protocol.Tcp, name), new PolicyPort.Named(Protocol.Udp, name), new PolicyPort.Named(Protocol.Sctp, name)];
        var (kind, transport) = said[0];
        switch (transport!.DestinationPort)
        {
            case null:
                return [new PolicyPort.Range(kind, 0, ushort.MaxValue)];
            case { Number: { } number, Range: null } when number is > 0 and <= ushort.MaxValue:
                return [new PolicyPort.Range(kind, (ushort)number, (ushort)number)];
            case { Number: null, Range: { Start: { } start, End: { } end } } when start is > 0 and <= ushort.MaxValue && end >= start && end <= ushort.MaxValue:
                return [new PolicyPort.Range(kind, (ushort)start, (ushort)end)];
            default:
                problems.Add($"{field}: destinationPort needs a number or a range within 1-65535");
                return [new PolicyPort.None()];
        }
    }
}
