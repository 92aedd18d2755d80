using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>Facts → the whole network as it should be. Pure.</summary>
internal sealed class NetworkDesigner
{
    /// <summary>The chain of those flows that nobody can judge: through a group without instances, so that they fail as they should.</summary>
    private const string Nobody = "(none)";        // no Kubernetes name looks like this

    private readonly ClusterFacts _facts;
    private readonly Capabilities _capabilities;
    private readonly RavenOptions _options;
    private readonly ClusterIntent _intent;
    private readonly Remotes _remotes;
    private readonly ServiceAccess _services;
    private readonly List<PolicyProblem> _problems = [];
    private readonly HashSet<PolicyProblem> _known = [];
    private readonly SortedDictionary<string, SecurityGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<SecurityGroupRule>> _rules = [];
    private readonly SortedDictionary<string, FlowClassifier> _classifiers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _prerequisites = [];

    private NetworkDesigner(
        ClusterFacts facts, ClusterIntent intent, Capabilities capabilities, RavenOptions options,
        IReadOnlyDictionary<string, ImmutableArray<Prefix>> addressesByPod)
    {
        (_facts, _intent, _capabilities, _options) = (facts, intent, capabilities, options);
        _remotes = new Remotes(_intent, addressesByPod, options);
        _services = new ServiceAccess(facts, intent);
    }

    /// <param name="intent">What the facts' policies compile to.</param>
    /// <param name="addressesByPod">By UID, as far as their ports exist: peers without one cannot be named yet.</param>
    public static DesiredNetwork Design(
        ClusterFacts facts, ClusterIntent intent, Capabilities capabilities, RavenOptions options,
        IReadOnlyDictionary<string, ImmutableArray<Prefix>> addressesByPod) =>
        new NetworkDesigner(facts, intent, capabilities, options, addressesByPod).Design();

    private DesiredNetwork Design()
    {
        AllowAll(Key.AllowIngress, "ingress");
        AllowAll(Key.AllowEgress, "egress");
        foreach (var policy in _intent.Policies) SecurityGroups(policy);
        var placed = _facts.Pods.ToDictionary(pod => pod.Uid, StringComparer.Ordinal);
        if (_capabilities.ServiceChaining)
            foreach (var pod in _intent.Pods)
                if (placed.ContainsKey(pod.Pod.Uid)) Classifiers(pod);
        var firewalls = _facts.Pods.Where(pod => pod.Firewall is not null).ToList();
        if (_capabilities.ServiceChaining)
            foreach (var firewall in firewalls) _chains.TryAdd(firewall.Firewall!, new SortedSet<string>(StringComparer.Ordinal));
        GroupPrerequisites();
        return new DesiredNetwork
        {
            Networks = Sorted([(Key.Network, new Network
            {
                Name = $"demilune-{_options.ClusterName}", Description = Mark(Key.Network), AdminStateUp = true, PortSecurityEnabled = true,
            })]),
            Subnets = Sorted(_options.PodPrefixes.Select(prefix => (Key.Subnet(prefix.ToString()), new Subnet
            {
                Name = $"demilune-{_options.ClusterName}-{(prefix.IsV6 ? "v6" : "v4")}", Description = Mark(Key.Subnet(prefix.ToString())),
                NetworkId = Key.Reference(Key.Network), IpVersion = prefix.IsV6 ? 6 : 4, Cidr = prefix.ToString(), EnableDhcp = false,
            }))),
            AddressGroups = Sorted(_remotes.Groups.Select(group => (group.Key, group.Value))),
            SecurityGroups = Sorted(_groups.Select(group => (group.Key, group.Value))),
            Rules = _rules.ToImmutableDictionary(),
            Ports = Sorted(Ports()),
            PortPairs = Sorted(_capabilities.ServiceChaining ? firewalls.Select(Pair) : []),
            PortPairGroups = Sorted(_chains.Keys.Select(firewall => PairGroup(firewall, firewalls))),
            FlowClassifiers = Sorted(_classifiers.Select(classifier => (classifier.Key, classifier.Value))),
            PortChains = Sorted(_chains.Select(chain => Chain(chain.Key, chain.Value))),
            Prerequisites = _prerequisites.ToImmutableDictionary(),
            Problems = [.. _problems],
        };
    }

    /// <summary>A policy's groups, one per meaning of its named ports; what cannot be inspected although it should is not allowed.</summary>
    private void SecurityGroups(PolicyIntent policy)
    {
        foreach (var problem in policy.Problems) Tell(policy, problem);
        foreach (var named in policy.SecurityPolicies)
            if (!_facts.Inspections.ContainsKey(named))
                Tell(policy, $"SecurityPolicy {named} does not exist: what should be judged by it is dropped until it does");
        if (policy.Tier != Tier.Namespaced && !_capabilities.RuleTiers)
        {
            Tell(policy, "this network's security groups have no tiers: the policy has no effect");
            return;
        }
        foreach (var variant in policy.Variants)
        {
            var allowances = variant.Allowances.Where(allowance => !IsUninspectable(policy, allowance)).ToList();
            if (policy.Tier == Tier.Namespaced) AddGroup(Key.Policy(policy, variant), policy.Name.ToString(), Rules(policy, allowances));
            else
                foreach (var direction in Enum.GetValues<Direction>())
                    AddGroup(
                        Key.Policy(policy, variant, direction), $"{policy.Kind}/{policy.Name}",
                        Rules(policy, [.. allowances.Where(allowance => allowance.Direction == direction)]));
        }
    }

    private ImmutableArray<SecurityGroupRule> Rules(PolicyIntent policy, List<Allowance> allowances) =>
    [
        .. allowances.SelectMany(allowance => _remotes.Of(allowance.Peers, _capabilities.AddressGroups)
            .Select(remote => Rule(policy, allowance, remote, allowance.Ports))),
        .. ServiceAccess.Groups(policy, allowances).SelectMany(together => _services.OpenedBy(together).Select(front => Rule(
            policy, together[0], new Remote(front.Address.IsV6, front.Address, null), new Ports(front.Protocol, front.Port, front.Port)))),
    ];

    private void Tell(PolicyIntent policy, string problem)
    {
        var told = new PolicyProblem(policy.Kind, policy.Name, problem);
        if (_known.Add(told)) _problems.Add(told);
    }

    private bool IsUninspectable(PolicyIntent policy, Allowance allowance)
    {
        if (allowance.SecurityPolicy is null || (allowance.Direction == Direction.Egress && allowance.Peers is Peers.Selected)) return false;
        var problem = !_capabilities.ServiceChaining ? "this network has no service chaining: what should be inspected stays closed"
            : allowance.Ports.Protocol == Protocol.Sctp ? "SCTP cannot be inspected: it stays closed"
            : null;
        if (problem is null) return false;
        Tell(policy, problem);
        return true;
    }

    private void AllowAll(string key, string direction) => AddGroup(key, key, [
        new SecurityGroupRule { Direction = direction, Ethertype = "IPv4" },
        new SecurityGroupRule { Direction = direction, Ethertype = "IPv6" }]);

    private void AddGroup(string key, string name, ImmutableArray<SecurityGroupRule> rules)
    {
        _groups[key] = new SecurityGroup { Name = name.Length > 255 ? name[..255] : name, Description = Mark(key) };
        _rules[key] = [.. rules.Distinct().Select(rule => rule with { SecurityGroupId = Key.Reference(key), Description = Mark("rule") })];
    }

    private static SecurityGroupRule Rule(PolicyIntent policy, Allowance allowance, Remote remote, Ports ports) => new()
    {
        Direction = allowance.Direction == Direction.Ingress ? "ingress" : "egress",
        Action = allowance.Action switch { RuleAction.Deny => "deny", RuleAction.Pass => "pass", _ => null },
        // The namespaced tier is the last: where it speaks at all, the baseline is not asked.
        Tier = policy.Tier switch { Tier.Admin => 1, Tier.Baseline => 2, _ => null },
        Order = policy.Tier == Tier.Namespaced ? null : allowance.Order,
        Ethertype = remote.Ethertype,
        Protocol = ports.Protocol switch { Protocol.Tcp => "tcp", Protocol.Udp => "udp", Protocol.Sctp => "sctp", _ => null },
        PortRangeMin = ports.IsEveryPort ? null : ports.First,
        PortRangeMax = ports.IsEveryPort ? null : ports.Last,
        RemoteIpPrefix = remote.Prefix?.ToString(),
        RemoteAddressGroupId = remote.Group,
    };

    private void Classifiers(PodIntent pod)
    {
        var wanted = new List<Steering.Match>();
        foreach (var (policy, variant) in pod.Policies)
        {
            foreach (var allowance in variant.Allowances)
            {
                if (allowance.SecurityPolicy is not { } name || allowance.Ports.Protocol == Protocol.Sctp) continue;
                var inspection = _facts.Inspections.GetValueOrDefault(name) ?? new Inspection(name, PolicyTags.Missing, null, true, true);
                var egress = allowance.Direction == Direction.Egress;
                var remotes = egress
                    ? _remotes.Outside(allowance.Peers, _capabilities.ClassifierAddressGroup)
                    : _remotes.Of(allowance.Peers, _capabilities.ClassifierAddressGroup);
                wanted.AddRange(remotes.Select(remote => new Steering.Match(egress, remote, allowance.Ports, inspection)));
            }
        }
        var keys = new List<string>();
        foreach (var match in Steering.Disjoint(wanted))
        {
            var name = $"{match.Inspection.SecurityPolicy} {pod.Pod.Name}";
            var classifier = Steering.Classifier(match, Key.Port(pod.Pod.Uid), name, _capabilities, _options.ClusterName, out var key);
            _classifiers[key] = classifier;
            keys.Add(key);
            var firewall = match.Inspection.Firewall ?? Nobody;
            if (!_chains.TryGetValue(firewall, out var chain)) _chains[firewall] = chain = new SortedSet<string>(StringComparer.Ordinal);
            chain.Add(key);
            keys.Add(Key.Chain(firewall));
        }
        if (keys.Count > 0) _prerequisites[Key.Port(pod.Pod.Uid)] = [.. keys.Distinct()];
    }

    /// <summary>An annotated policy's group may open further only once all of its pods' classifiers are in force.</summary>
    private void GroupPrerequisites()
    {
        foreach (var policy in _intent.Policies.Where(policy => !policy.SecurityPolicies.IsEmpty))
            foreach (var variant in policy.Variants)
                _prerequisites[Key.Policy(policy, variant)] =
                    [.. _intent.PodsOf(policy, variant).SelectMany(pod => _prerequisites.GetValueOrDefault(Key.Port(pod.Uid), [])).Distinct()];
    }

    private IEnumerable<(string, Port)> Ports()
    {
        var intents = _intent.Pods.ToDictionary(pod => pod.Pod.Uid, StringComparer.Ordinal);
        foreach (var pod in _facts.Pods)
        {
            // A firewall needs no network of its own, so that whoever breaks it from within reaches nobody.
            var groups = pod.Firewall is not null || !intents.TryGetValue(pod.Uid, out var intent) ? [] : GroupsOf(intent);
            var key = Key.Port(pod.Uid);
            yield return (key, Port(pod, key, "", DeviceOwners.Pod) with { SecurityGroups = groups });
            if (pod.Firewall is null) continue;
            foreach (var (sibling, suffix, owner) in new[]
            {
                (Key.FirewallIn(pod.Uid), ":in", DeviceOwners.FirewallIn), (Key.FirewallOut(pod.Uid), ":out", DeviceOwners.FirewallOut),
            })
                yield return (sibling, Port(pod, sibling, suffix, owner) with { PortSecurityEnabled = false, FixedIps = [], SecurityGroups = [] });
            // The runtime may attach the pod as soon as its own port is bound: its siblings have to be there by then.
            _prerequisites[key] = [Key.FirewallIn(pod.Uid), Key.FirewallOut(pod.Uid)];
        }
    }

    private Port Port(PlacedPod pod, string key, string suffix, string owner)
    {
        var name = pod.Name.ToString();
        return new Port
        {
            Name = (name.Length > 240 ? name[..240] : name) + suffix,
            Description = Mark(key),
            NetworkId = Key.Reference(Key.Network),
            DeviceId = pod.Uid,
            DeviceOwner = owner,
            HostId = pod.Node,
        };
    }

    private string[] GroupsOf(PodIntent pod) =>
    [
        .. pod.IngressIsolated ? Array.Empty<string>() : [Key.Reference(Key.AllowIngress)],
        .. pod.EgressIsolated ? Array.Empty<string>() : [Key.Reference(Key.AllowEgress)],
        .. pod.Policies.SelectMany(pair => GroupsOf(pod, pair.Policy, pair.Variant)).Select(Key.Reference),
    ];

    private IEnumerable<string> GroupsOf(PodIntent pod, PolicyIntent policy, PolicyVariant variant)
    {
        if (policy.Tier == Tier.Namespaced) return [Key.Policy(policy, variant)];
        if (!_capabilities.RuleTiers) return [];
        return Enum.GetValues<Direction>()
            .Where(direction => policy.Tier == Tier.Admin || !(direction == Direction.Ingress ? pod.IngressIsolated : pod.EgressIsolated))
            .Select(direction => Key.Policy(policy, variant, direction));
    }

    private (string, PortPair) Pair(PlacedPod firewall) => (Key.Pair(firewall.Uid), new PortPair
    {
        Name = firewall.Name.ToString() is { Length: > 255 } name ? name[..255] : firewall.Name.ToString(),
        Description = Mark(Key.Pair(firewall.Uid)),
        Ingress = Key.Reference(Key.FirewallIn(firewall.Uid)),
        Egress = Key.Reference(Key.FirewallOut(firewall.Uid)),
    });

    private (string, PortPairGroup) PairGroup(string firewall, IEnumerable<PlacedPod> instances) => (Key.Group(firewall), new PortPairGroup
    {
        Name = firewall,
        Description = Mark(Key.Group(firewall)),
        PortPairs = [.. instances.Where(pod => pod.Firewall == firewall && !pod.Leaving).Select(pod => Key.Reference(Key.Pair(pod.Uid))).Order(StringComparer.Ordinal)],
    });

    private (string, PortChain) Chain(string firewall, IEnumerable<string> classifiers) => (Key.Chain(firewall), new PortChain
    {
        Name = firewall,
        Description = Mark(Key.Chain(firewall)),
        PortPairGroups = [Key.Reference(Key.Group(firewall))],
        FlowClassifiers = [.. classifiers.Select(Key.Reference)],
        ChainParameters = new ChainParameters { Symmetric = true },
    });

    private string Mark(string key) => Key.Mark(_options.ClusterName, key);

    private static ImmutableSortedDictionary<string, T> Sorted<T>(IEnumerable<(string Key, T Value)> items) =>
        items.ToImmutableSortedDictionary(item => item.Key, item => item.Value, StringComparer.Ordinal);
}
