using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Raven.Design;

/// <summary>A policy → its security groups, one per meaning of its named ports. Pure.</summary>
internal sealed class PolicyDesign
{
    private readonly PolicyIntent _policy;
    private readonly Surroundings _around;
    private readonly Remotes _remotes;
    private readonly List<PolicyProblem> _problems = [];
    private readonly ImmutableDictionary<string, (SecurityGroup, ImmutableArray<SecurityGroupRule>)>.Builder _groups =
        ImmutableDictionary.CreateBuilder<string, (SecurityGroup, ImmutableArray<SecurityGroupRule>)>(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, (PolicyIntent, PolicyVariant)>.Builder _inspected =
        ImmutableDictionary.CreateBuilder<string, (PolicyIntent, PolicyVariant)>(StringComparer.Ordinal);

    private PolicyDesign(PolicyIntent policy, Surroundings around) => (_policy, _around, _remotes) = (policy, around, around.Remotes());

    public static PolicyPart Of(PolicyIntent policy, Surroundings around) => new PolicyDesign(policy, around).Design();

    /// <summary>What cannot be inspected although it should is not allowed.</summary>
    private PolicyPart Design()
    {
        foreach (var problem in _policy.Problems) Tell(problem);
        foreach (var named in _policy.SecurityPolicies)
            if (!_around.Inspections.ContainsKey(named))
                Tell($"SecurityPolicy {named} does not exist: what should be judged by it is dropped until it does");
        foreach (var named in _policy.Shadows)
            if (!_around.Inspections.ContainsKey(named))
                Tell($"shadow SecurityPolicy {named} does not exist: nothing is told of what it would do");
        if (_policy.Tier != Tier.Namespaced && !_around.Capabilities.RuleTiers) Tell("this network's security groups have no tiers: the policy has no effect");
        else
            foreach (var variant in _policy.Variants) Groups(variant);
        var allowances = _policy.Variants.SelectMany(variant => variant.Allowances).ToList();
        return new PolicyPart(
            _policy, _groups.ToImmutable(), _inspected.ToImmutable(), _remotes.Uses,
            [.. allowances.Select(allowance => allowance.Peers).OfType<Peers.Selected>().Select(peers => peers.Selector)],
            allowances.Exists(allowance => allowance is { Direction: Direction.Egress, Peers: Peers.Anybody }),
            [.. _problems]);
    }

    private void Groups(PolicyVariant variant)
    {
        var allowances = variant.Allowances.Where(allowance => !IsUninspectable(allowance) && !IsUnlearnable(allowance) && !IsChained(allowance)).ToList();
        if (_policy.Tier != Tier.Namespaced)
        {
            foreach (var direction in Enum.GetValues<Direction>())
                AddGroup(
                    Key.Policy(_policy, variant, direction), $"{_policy.Kind}/{_policy.Name}",
                    Rules([.. allowances.Where(allowance => allowance.Direction == direction)]));
            return;
        }
        var key = Key.Policy(_policy, variant);
        AddGroup(key, _policy.Name.ToString(), Rules(allowances));
        if (!_policy.SecurityPolicies.IsEmpty) _inspected[key] = (_policy, variant);
    }

    private ImmutableArray<SecurityGroupRule> Rules(List<Allowance> allowances) =>
    [
        .. allowances.SelectMany(allowance => _remotes.Of(allowance.Peers, _around.Capabilities.AddressGroups)
            .Select(remote => Rule(allowance, remote, allowance.Ports))),
        .. ServiceAccess.Groups(_policy, allowances).SelectMany(together => _around.Services.OpenedBy(_around.Intent, together).Select(front => Rule(
            together[0], new Remote(front.Address.IsV6, front.Address, null), new Ports(front.Protocol, front.Port, front.Port)))),
    ];

    private bool IsUninspectable(Allowance allowance)
    {
        if (allowance.SecurityPolicy is null || (allowance.Direction == Direction.Egress && allowance.Peers is Peers.Selected)) return false;
        var problem = !_around.Capabilities.ServiceChaining ? "this network has no service chaining: what should be inspected stays closed"
            : allowance.Ports.Protocol == Protocol.Sctp ? "SCTP cannot be inspected: it stays closed"
            : null;
        if (problem is null) return false;
        Tell(problem);
        return true;
    }

    /// <summary>True: it accepts nothing here, because nobody would learn what it names.</summary>
    private bool IsUnlearnable(Allowance allowance)
    {
        if (_around.Capabilities.DomainNames || allowance.Peers is not Peers.Domain) return false;
        Tell("this network does not learn names: what is allowed by name stays closed");
        return true;
    }

    /// <summary>
    /// What a cloud's chain carries passes no security group, in either direction: a rule would only open what the chain does not carry, uninspected.
    /// </summary>
    private bool IsChained(Allowance allowance)
    {
        if (_around.Options.Steering != SteeringDriver.PortChains || allowance.SecurityPolicy is null) return false;
        if (allowance.Direction == Direction.Egress && allowance.Peers is Peers.Selected) return false;
        if (allowance.Direction == Direction.Egress || allowance.Peers is not Peers.Selected)
            Tell("port chains lead from pod to pod: what comes from outside the cluster, or leaves it, and is to be inspected stays closed");
        if (allowance.Ports.Protocol is null) Tell("port chains carry TCP and UDP: of what is to be inspected, other protocols stay closed");
        return true;
    }

    private void Tell(string problem)
    {
        var told = new PolicyProblem(_policy.Kind, _policy.Name, problem);
        if (!_problems.Contains(told)) _problems.Add(told);
    }

    private void AddGroup(string key, string name, ImmutableArray<SecurityGroupRule> rules) =>
        _groups[key] = Group(_around, key, name, rules);

    /// <summary>A security group with its rules.</summary>
    public static (SecurityGroup, ImmutableArray<SecurityGroupRule>) Group(Surroundings around, string key, string name, ImmutableArray<SecurityGroupRule> rules) => (
        new SecurityGroup { Name = name.Length > 255 ? name[..255] : name, Description = around.Mark(key) },
        [.. rules.Distinct().Select(rule => rule with { SecurityGroupId = Key.Reference(key), Description = around.Mark("rule") })]);

    private SecurityGroupRule Rule(Allowance allowance, Remote remote, Ports ports) => new()
    {
        Direction = allowance.Direction == Direction.Ingress ? "ingress" : "egress",
        Action = allowance.Action switch { RuleAction.Deny => "deny", RuleAction.Pass => "pass", _ => null },
        // The namespaced tier is the last: where it speaks at all, the baseline is not asked.
        Tier = _policy.Tier switch { Tier.Admin => 1, Tier.Baseline => 2, _ => null },
        Order = _policy.Tier == Tier.Namespaced ? null : allowance.Order,
        Ethertype = remote.Ethertype,
        Protocol = ports.Protocol switch { Protocol.Tcp => "tcp", Protocol.Udp => "udp", Protocol.Sctp => "sctp", _ => null },
        PortRangeMin = ports.IsEveryPort ? null : ports.First,
        PortRangeMax = ports.IsEveryPort ? null : ports.Last,
        RemoteIpPrefix = remote.Prefix?.ToString(),
        RemoteAddressGroupId = remote.Group,
        RemoteDomainName = remote.Domain,
    };
}
