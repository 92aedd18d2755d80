using CsCheck;
using Demilune.Contracts.Nodes;

namespace Demilune.Node.Tests.Splice.Compile;

/// <summary>Small random worlds: two ports whose groups, in tiers and without, speak of three sets and of prefixes, and classifiers that overlap.</summary>
internal static class ArbitraryState
{
    public static readonly string[] Addresses = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "fd00::1", "fd00::2", "fd01::1", "192.0.2.1", "2001:db8::1"];
    private static readonly string[] Prefixes =
        ["10.0.0.1/32", "10.0.0.2", "10.0.0.0/24", "10.0.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::1/128", "fd00::/16", "fd00::/8", "192.0.2.0/24"];

    private static readonly Gen<SecurityGroupRule> GenRule = Gen.Select(
        Gen.OneOf(4u, 6u), Gen.OneOf(0u, 6u, 17u, 1u), Gen.UInt[0, 5], Gen.UInt[0, 3], Gen.Int[0, 2], Gen.OneOf(Prefixes), Gen.OneOf("a", "b", "c"), Gen.Bool,
        (family, protocol, min, span, remote, prefix, set, egress) => new SecurityGroupRule
        {
            Id = "r", Ethertype = family, Protocol = protocol, PortMin = min, PortMax = min + span,
            RemotePrefix = remote == 1 ? prefix : "", RemoteAddressSet = remote == 2 ? set : "",
            Direction = egress ? SecurityGroupRule.Types.Direction.Egress : SecurityGroupRule.Types.Direction.Ingress,
        });

    private static readonly Gen<SecurityGroupRule> GenTieredRule = Gen.Select(GenRule, Gen.UInt[0, 2], Gen.UInt[0, 2], Gen.Enum<SecurityGroupRule.Types.Action>(), (rule, tier, order, action) =>
    {
        if (tier == 0) return rule;
        (rule.Tier, rule.Order, rule.Action) = (tier, order, action);
        return rule;
    });

    public static readonly Gen<NodeState> GenState = Gen.Select(
        GenTieredRule.Array[0, 6].Array[2], Gen.OneOf(Prefixes).Array[0, 4].Array[3], Gen.Select(GenRule, Gen.UInt[1, 3], Gen.Int[1, 9], Gen.Bool).Array[0, 5], Gen.Bool, Gen.Int[0, 3].Array[2],
        (groups, sets, classifiers, second, kinds) =>
        {
            NodeState state = new();
            // Of the third tag nobody knows anything.
            for (var i = 0; i < 2; i++)
                state.SecurityPolicies.Add(new SecurityPolicy
                {
                    Tag = (uint)i + 1, Name = "ba"[i].ToString(), Firewalls = { kinds[i] < 2 ? ["chain"] : Array.Empty<string>() },
                    OnFailure = kinds[i] % 2 == 0 ? SecurityPolicy.Types.OnFailure.Closed : SecurityPolicy.Types.OnFailure.Open,
                });
            for (var i = 0; i < 2; i++)
            {
                Port port = new() { Id = $"p{i}", Network = 1, Mac = $"02:00:00:00:00:0{i}", PortSecurity = true, AdminStateUp = true };
                port.Addresses.AddRange([$"10.0.0.{i + 1}", $"fd00::{i + 1}"]);
                port.SecurityGroupIds.Add("g0");
                if (second) port.SecurityGroupIds.Add("g1");
                state.Ports.Add(port);
                SecurityGroup group = new() { Id = $"g{i}" };
                group.Rules.AddRange(groups[i]);
                state.SecurityGroups.Add(group);
            }
            for (var i = 0; i < 3; i++)
            {
                AddressSet set = new() { Id = "abc"[i].ToString() };
                set.Prefixes.AddRange(sets[i]);
                state.AddressSets.Add(set);
            }
            foreach (var (rule, tag, id, shadow) in classifiers)
                state.Classifiers.Add(new FlowClassifier
                {
                    Id = $"c{id}", ChainId = $"chain {tag}", Shadow = shadow, LogicalDestinationPort = "p0", Ethertype = rule.Ethertype, Protocol = rule.Protocol, PolicyTag = tag,
                    DestinationPortMin = rule.PortMin, DestinationPortMax = rule.PortMax, SourcePrefix = rule.RemotePrefix, SourceAddressSet = rule.RemoteAddressSet,
                });
            return state;
        });
}
