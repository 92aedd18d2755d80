using CsCheck;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Tests.Splice;

public sealed class TiersTests
{
    private const byte Tcp = 6, Udp = 17, Icmp = 1;

    private static readonly Gen<(PortRange, Rank)> Rules = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 6], Gen.Int[0, 4], Gen.Int[0, 2], Gen.UInt[0, 3], Gen.Int[0, 2]).Select((protocol, from, length, tier, order, action) =>
        (
            protocol == 0 ? new PortRange(0, 0, ushort.MaxValue) : new PortRange(protocol == 1 ? Tcp : Udp, (ushort)(from * 10), (ushort)(from * 10 + length * 7)),
            tier == 0 ? default : new Rank((byte)tier, order, (RuleAction)action)));

    [Fact]
    public void Flattened_rules_answer_as_the_tiers_do_asked_one_by_one() =>
        Rules.Array[0, 8].Sample(rules =>
        {
            var flat = Tiers.Flatten(rules);
            foreach (var protocol in new[] { Tcp, Udp, Icmp })
                for (var port = 0; port < 100; port++)
                    Assert.Equal(Asked(rules, protocol, port), Flat(flat, protocol, port));
        }, iter: 3000);

    [Fact]
    public void Rules_without_tiers_are_merged_as_ever() => Assert.Equal(
        [new AllowedRange(Tcp, Tcp, 80, 90)],
        Tiers.Flatten([(new PortRange(Tcp, 80, 85), default), (new PortRange(Tcp, 86, 90), default)]));

    [Fact]
    public void A_protocol_with_a_hole_stands_between_those_without() => Assert.Equal(
        [new AllowedRange(0, 5, 0, 65535), new AllowedRange(Tcp, Tcp, 0, 79), new AllowedRange(Tcp, Tcp, 81, 65535), new AllowedRange(7, 255, 0, 65535)],
        Tiers.Flatten([(new PortRange(Tcp, 80, 80), new Rank(1, 0, RuleAction.Deny)), (new PortRange(0, 0, 65535), default)]));

    /// <summary>Tier by tier, rule by rule.</summary>
    private static bool Asked((PortRange Ports, Rank Rank)[] rules, byte protocol, int port)
    {
        foreach (var tier in new byte[] { 1, 2, 0 })
        {
            var first = rules
                .Where(rule => rule.Rank.Tier == tier && (rule.Ports.Protocol == 0 || rule.Ports.Protocol == protocol) && rule.Ports.Min <= port && port <= rule.Ports.Max)
                .OrderBy(rule => rule.Rank.Order).ThenBy(rule => rule.Rank.Action switch { RuleAction.Deny => 0, RuleAction.Allow => 1, _ => 2 })
                .Select(rule => (RuleAction?)rule.Rank.Action).FirstOrDefault();
            if (first is RuleAction.Allow) return true;
            if (first is RuleAction.Deny) return false;
        }
        return false;
    }

    private static bool Flat(List<AllowedRange> ranges, byte protocol, int port) =>
        ranges.Exists(range => range.ProtocolMin <= protocol && protocol <= range.ProtocolMax && range.Min <= port && port <= range.Max);
}
