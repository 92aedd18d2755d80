using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>NetworkPolicy semantics: a cluster in, what is to be allowed out. Pure; the order of the input never matters.</summary>
public static class PolicyCompiler
{
    /// <summary>Room for each priority's rules; the API takes 25 per direction.</summary>
    private const int RulesPerPolicy = 1000;

    public static ClusterIntent Compile(Cluster cluster)
    {
        var compiler = new ClusterCompiler();
        foreach (var (name, labels) in cluster.Namespaces) compiler.SetNamespace(name, labels);
        foreach (var node in cluster.Nodes) compiler.SetNode(node.Name, node);
        foreach (var pod in cluster.Pods) compiler.SetPod(pod.Uid, pod);
        foreach (var policy in cluster.Policies) compiler.SetPolicy(policy.Id, policy);
        compiler.Settle();
        return compiler.Intent;
    }

    /// <summary>What one policy asks for.</summary>
    /// <param name="selected">One pod for each meaning of its named ports among the pods that it selects.</param>
    internal static PolicyIntent Compile(NetworkPolicy policy, IEnumerable<(string Resolution, Pod Pod)> selected, IPeerIndex index)
    {
        var problems = new List<string>(policy.Problems.IsDefault ? [] : policy.Problems);
        var ofCluster = policy.Tier != Tier.Namespaced;
        var (ingress, egress) = (HasIngress(policy), ofCluster || (policy.Types?.Contains(PolicyType.Egress) ?? policy.Egress.Length > 0));
        var outward = egress ? Egress(policy, index, problems).Distinct().ToImmutableArray() : [];
        var inward = ingress ? Said(policy, policy.Ingress, "ingress").Select(rule => (rule, PeersOf(policy, rule.Rule, index, problems).ToImmutableArray())).ToImmutableArray() : [];
        var variants = selected
            .OrderBy(variant => variant.Resolution, StringComparer.Ordinal)
            .Select(variant => new PolicyVariant(variant.Resolution, [.. Ingress(inward, variant.Pod).Distinct(), .. outward]))
            .ToImmutableArray();
        return new PolicyIntent(
            policy.Name, policy.Kind, policy.Tier, Named(policy.SecurityPolicy, rule => rule.SecurityPolicy), ingress && !ofCluster, egress && !ofCluster, variants, [.. problems.Distinct()])
        {
            Subjects = Subjects(policy).Key,
            Shadows = Named(policy.ShadowSecurityPolicy, rule => rule.ShadowSecurityPolicy),
        };

        ImmutableArray<string> Named(string? ofPolicy, Func<PolicyRule, string?> ofRule) =>
        [
            .. (ingress ? policy.Ingress : []).Concat(egress ? policy.Egress : [])
                .Select(rule => ofRule(rule) ?? ofPolicy).Append(ofPolicy).OfType<string>().Distinct().Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Whom it selects.</summary>
    internal static PeerSelector Subjects(NetworkPolicy policy) => policy.SubjectNamespaces is { } namespaces
        ? new PeerSelector(null, namespaces, policy.Pods)
        : new PeerSelector(policy.Name.Namespace, null, policy.Pods);

    /// <summary>The ports that it names where the selected pod accepts.</summary>
    internal static ImmutableArray<PolicyPort.Named> NamesOf(NetworkPolicy policy) =>
        HasIngress(policy) ? [.. policy.Ingress.SelectMany(rule => rule.Ports ?? []).OfType<PolicyPort.Named>().Distinct()] : [];

    /// <summary>What <paramref name="names"/> mean on a pod.</summary>
    internal static string Resolution(Pod pod, ImmutableArray<PolicyPort.Named> names) => names.IsEmpty ? "" :
        string.Join(',', names
            .Select(name => $"{name.Name}={name.Protocol}/{pod.Resolve(name.Name, name.Protocol)}")
            .Order(StringComparer.Ordinal));

    private static bool HasIngress(NetworkPolicy policy) =>
        policy.Tier != Tier.Namespaced || policy.Types is null || policy.Types.Value.Contains(PolicyType.Ingress);

    /// <summary>A rule with everything but its peers and ports.</summary>
    private readonly record struct Saying(PolicyRule Rule, Allowance Template)
    {
        public Allowance Of(Peers peers, Ports ports) => Template with { Peers = peers, Ports = ports };
    }

    private static IEnumerable<Saying> Said(NetworkPolicy policy, ImmutableArray<PolicyRule> rules, string direction) => rules.Select((rule, index) => new Saying(
        rule,
        new Allowance(direction == "ingress" ? Direction.Ingress : Direction.Egress, new Peers.Anybody(), Ports.Any)
        {
            Action = rule.Action,
            Order = policy.Tier == Tier.Namespaced ? 0 : policy.Priority * RulesPerPolicy + Math.Min(index, RulesPerPolicy - 1),
            SecurityPolicy = rule.SecurityPolicy ?? policy.SecurityPolicy,
            ShadowSecurityPolicy = rule.ShadowSecurityPolicy ?? policy.ShadowSecurityPolicy,
            Rule = rule.Name is null ? $"{direction}[{index}]" : $"{direction}[{index}] \"{rule.Name}\"",
        }));

    /// <summary>Ingress: the selected pod accepts, so a port's name means what it means there.</summary>
    private static IEnumerable<Allowance> Ingress(ImmutableArray<(Saying Saying, ImmutableArray<Peers> Peers)> rules, Pod pod)
    {
        foreach (var (saying, peers) in rules)
        {
            var rule = saying.Rule;
            var ports = new List<Ports>();
            foreach (var port in rule.Ports ?? [])
            {
                if (port is PolicyPort.Range range) ports.Add(new Ports(range.Protocol, range.First, range.Last));
                else if (port is PolicyPort.Named named && pod.Resolve(named.Name, named.Protocol) is { } number)
                    ports.Add(new Ports(named.Protocol, number, number));
            }
            if (rule.Ports is null) ports.Add(Ports.Any);
            foreach (var peer in peers)
                foreach (var one in ports) yield return saying.Of(peer, one);
        }
    }

    /// <summary>Egress: the peer accepts, so a port's name divides the peers by what it means on them.</summary>
    private static IEnumerable<Allowance> Egress(NetworkPolicy policy, IPeerIndex index, List<string> problems)
    {
        foreach (var saying in Said(policy, policy.Egress, "egress"))
        {
            var rule = saying.Rule;
            foreach (var peers in PeersOf(policy, rule, index, problems))
            {
                if (rule.Ports is null) yield return saying.Of(peers, Ports.Any);
                foreach (var port in rule.Ports ?? [])
                {
                    if (port is PolicyPort.Range range)
                        yield return saying.Of(peers, new Ports(range.Protocol, range.First, range.Last));
                    else if (port is PolicyPort.Named named)
                        foreach (var allowance in Named(saying, peers, named, index, problems)) yield return allowance;
                }
            }
        }
    }

    private static IEnumerable<Allowance> Named(Saying saying, Peers peers, PolicyPort.Named port, IPeerIndex index, List<string> problems)
    {
        if (peers is Peers.Block or Peers.Domain)
        {
            problems.Add($"egress port \"{port.Name}\": a name has no meaning on {(peers is Peers.Block block ? $"the ipBlock {block.Prefix}" : $"the domain name {((Peers.Domain)peers).Pattern}")}; it allows nothing there");
            yield break;
        }
        var selector = peers is Peers.Selected selected
            ? selected.Selector
            : new PeerSelector(null, LabelSelector.Everything, LabelSelector.Everything);
        foreach (var number in index.NumbersOf(selector, port))
        {
            var those = new PeerSelector(
                selector.Namespace, selector.Namespaces, selector.Pods, new NamedPort(port.Name, port.Protocol, number));
            yield return saying.Of(new Peers.Selected(those), new Ports(port.Protocol, number, number));
        }
    }

    private static IEnumerable<Peers> PeersOf(NetworkPolicy policy, PolicyRule rule, IPeerIndex index, List<string> problems)
    {
        if (rule.Peers is not { } peers) return [new Peers.Anybody()];
        return peers.SelectMany(peer => peer switch
        {
            PolicyPeer.Pods pods => [new Peers.Selected(new PeerSelector(
                pods.Namespaces is null ? policy.Name.Namespace : null, pods.Namespaces, pods.Matching))],
            PolicyPeer.Block block => Blocks(block, problems).Select(prefix => (Peers)new Peers.Block(prefix)),
            PolicyPeer.Domain domain => [new Peers.Domain(domain.Pattern)],
            PolicyPeer.Nodes nodes => index.AddressesOf(nodes.Matching).Select(prefix => (Peers)new Peers.Block(prefix)),
            _ => [],
        });
    }

    private static ImmutableArray<Prefix> Blocks(PolicyPeer.Block block, List<string> problems)
    {
        if (!Prefix.TryParse(block.Cidr, out var whole))
        {
            problems.Add($"ipBlock.cidr \"{block.Cidr}\" is no CIDR; it allows nothing");
            return [];
        }
        var holes = new List<Prefix>();
        foreach (var text in block.Except)
        {
            if (Prefix.TryParse(text, out var hole))
            {
                holes.Add(hole);
                continue;
            }
            // An exception that cannot be read could have meant anything within the block.
            problems.Add($"ipBlock.except \"{text}\" is no CIDR; the whole block {block.Cidr} allows nothing");
            return [];
        }
        return PrefixSet.Subtract(whole, holes);
    }
}
