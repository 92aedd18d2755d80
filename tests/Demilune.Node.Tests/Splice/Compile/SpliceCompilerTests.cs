using System.Net;
using System.Runtime.InteropServices;
using CsCheck;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;
using static Demilune.Node.Tests.Splice.Compile.ArbitraryState;

namespace Demilune.Node.Tests.Splice.Compile;

/// <summary>Laws of the compiler, over small random worlds, against a naive reading of the same state.</summary>
public sealed class SpliceCompilerTests
{
    private static readonly Dictionary<string, int> Interfaces = new() { ["p0"] = 10, ["p1"] = 11 };

    [Fact]
    public void The_tables_answer_as_the_rules_say() => Gen.Select(GenState, Gen.OneOf(Addresses), Gen.OneOf((byte)6, (byte)17, (byte)1, (byte)58), Gen.UShort[0, 9], Gen.Bool)
        .Sample((state, remote, protocol, port, egress) =>
        {
            var plan = SpliceCompiler.Compile(state, Interfaces);
            Assert.Empty(plan.Errors);
            var direction = egress ? (byte)1 : (byte)0;
            Assert.Equal(Naive.Permits(state, state.Ports[0], direction, remote, protocol, port), Evaluate.Permits(plan, plan.Rules, 10, direction, remote, protocol, port));
            Assert.Equal(Naive.Judges(state, remote, protocol, port), Evaluate.Judges(plan, 10, remote, protocol, port));
        }, iter: 3000);

    [Fact]
    public void Order_means_nothing() => Gen.Select(GenState, Gen.Int).Sample((state, seed) =>
    {
        var shuffled = state.Clone();
        Random random = new(seed);
        Shuffle(shuffled.Ports, random);
        Shuffle(shuffled.SecurityGroups, random);
        Shuffle(shuffled.AddressSets, random);
        Shuffle(shuffled.Classifiers, random);
        foreach (var group in shuffled.SecurityGroups) Shuffle(group.Rules, random);
        foreach (var port in shuffled.Ports) Shuffle(port.SecurityGroupIds, random);
        foreach (var set in shuffled.AddressSets) Shuffle(set.Prefixes, random);
        Assert.Equal(Dump(SpliceCompiler.Compile(state, Interfaces)), Dump(SpliceCompiler.Compile(shuffled, Interfaces)));
    }, iter: 300);

    [Fact]
    public void With_what_it_remembers_of_the_states_before_it_comes_to_the_same() => GenState.Array[2, 8].Sample(states =>
    {
        CompilerMemory memory = new();
        NodeState? present = null;
        foreach (var (next, number) in states.Select((state, number) => (state, number)))
        {
            next.Revision = (ulong)number + 1;
            // As the agent has them: what stays the same is the same object.
            present = present is null ? next : NodeChanges.Between(present, next) is { } change ? NodeChanges.Apply(present, change) : present;
            Assert.Equal(Dump(SpliceCompiler.Compile(present.Clone(), Interfaces)), Dump(SpliceCompiler.Compile(present, Interfaces, memory: memory)));
        }
    }, iter: 500);

    [Fact]
    public void A_port_whose_rules_cannot_be_understood_is_closed_and_named()
    {
        NodeState state = new();
        state.Ports.Add(new Port { Id = "p0", Network = 1, Mac = "02:00:00:00:00:01", PortSecurity = true, AdminStateUp = true, SecurityGroupIds = { "missing" }, Addresses = { "10.0.0.1" } });
        var plan = SpliceCompiler.Compile(state, Interfaces);
        Assert.Equal("security group missing is not in the state", plan.Errors["p0"]);
        Assert.Equal(0, MemoryMarshal.Read<PortRow>(plan.Ports.Rows.Single().Value.Value).Flags & PortRow.Up);
    }

    [Fact]
    public void More_rules_than_fit_close_the_port()
    {
        SecurityGroup group = new() { Id = "g" };
        for (var i = 0u; i < 129; i++) group.Rules.Add(new SecurityGroupRule { Id = "r", Ethertype = 4, Protocol = 6, PortMin = 2 * i + 1, PortMax = 2 * i + 1 });
        NodeState state = new();
        state.SecurityGroups.Add(group);
        state.Ports.Add(new Port { Id = "p0", Network = 1, Mac = "02:00:00:00:00:01", PortSecurity = true, AdminStateUp = true, SecurityGroupIds = { "g" }, Addresses = { "10.0.0.1" } });
        Assert.Contains("129 rules", SpliceCompiler.Compile(state, Interfaces).Errors["p0"], StringComparison.Ordinal);
        group.Rules.RemoveAt(0);
        Assert.Empty(SpliceCompiler.Compile(state, Interfaces).Errors);
    }

    [Fact]
    public void More_policies_than_a_firewall_can_judge_by_close_the_port_and_shadows_are_left_out()
    {
        NodeState state = new();
        state.Ports.Add(new Port { Id = "p0", Network = 1, Mac = "02:00:00:00:00:01", PortSecurity = true, AdminStateUp = true, Addresses = { "10.0.0.1" } });
        for (var i = 1u; i <= 8; i++) state.Classifiers.Add(new FlowClassifier { Id = $"c{i}", ChainId = "chain", LogicalDestinationPort = "p0", Ethertype = 4, PolicyTag = i });
        state.Classifiers.Add(new FlowClassifier { Id = "c9", ChainId = "chain", LogicalDestinationPort = "p0", Ethertype = 4, PolicyTag = 9, Shadow = true });
        var plan = SpliceCompiler.Compile(state, Interfaces);
        Assert.Empty(plan.Errors);
        Assert.Equal("1,2,3,4,5,6,7,8|", Evaluate.Judges(plan, 10, "192.0.2.1", 6, 80));
        state.Classifiers[^1].Shadow = false;
        Assert.Contains("at most 8", SpliceCompiler.Compile(state, Interfaces).Errors["p0"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_combination_keeps_its_tag_over_restarts_and_a_freed_tag_comes_round_last()
    {
        Panel[] panels = [.. Enumerable.Range(1, CombinationTags.Last - CombinationTags.First + 2).Select(i => new Panel("chain", [(ushort)i, 5000], []))];
        var tags = new PanelTags();
        tags.Restore([new() { Tag = 3000, ChainId = "chain", Policies = { 1, 5000 } }, new() { Tag = 3000, ChainId = "other", Policies = { 1, 2 } }, new() { Tag = 7, ChainId = "x", Policies = { 1, 2 } }]);
        Assert.Equal(3000, tags.Of(panels[0]));
        Assert.Equal(3001, tags.Of(panels[1]));
        tags.Keep(new HashSet<Panel> { panels[0] });
        Assert.Equal(3002, tags.Of(panels[2]));
        Assert.Equal(7, tags.Of(new Panel("chain", [7], [])));
        var given = panels[..^1].Select(tags.Of).ToList();
        Assert.Equal(given.Count, given.Distinct().Count());
        Assert.All(given, tag => Assert.InRange(tag, CombinationTags.First, CombinationTags.Last));
        Assert.Equal(CombinationTags.Nobody, tags.Of(panels[^1]));
    }

    [Fact]
    public void Merged_ranges_hold_the_same_ports() => Gen.Select(Gen.OneOf<byte>((byte)0, (byte)6, (byte)17), Gen.UShort[0, 40], Gen.UShort[0, 10]).Array[0, 12].Sample(items =>
    {
        PortRange[] ranges = [.. items.Select(item => new PortRange(item.Item1, item.Item2, (ushort)(item.Item2 + item.Item3)))];
        var merged = PortRange.Merge(ranges);
        foreach (byte protocol in new byte[] { 6, 17, 99 })
            for (ushort port = 0; port < 60; port++)
            {
                bool In(PortRange range) => (range.Protocol == 0 || range.Protocol == protocol) && port >= range.Min && port <= range.Max;
                Assert.Equal(ranges.Any(In), merged.Any(In));
            }
        Assert.True(merged.Count <= ranges.Length);
    }, iter: 500);

    private static void Shuffle<T>(Google.Protobuf.Collections.RepeatedField<T> list, Random random)
    {
        T[] items = [.. list];
        random.Shuffle(items);
        list.Clear();
        list.AddRange(items);
    }

    private static string Dump(SplicePlan plan) => string.Join('\n', new[] { plan.Ports, plan.Addresses, plan.Prefixes, plan.Chains, plan.Pairs, plan.Rules, plan.Classes }
        .Select(table => string.Join(' ', table.Rows.Select(row => $"{row.Key}={row.Value}").Order(StringComparer.Ordinal))));

    /// <summary>What the state means, read as slowly and plainly as possible.</summary>
    private static class Naive
    {
        public static bool Permits(NodeState state, Port port, byte direction, string remote, byte protocol, ushort service) =>
            port.SecurityGroupIds.SelectMany(id => state.SecurityGroups.Single(group => group.Id == id).Rules)
                .Where(rule => (byte)rule.Direction == direction && Matches(state, remote, protocol, service, rule.Ethertype, rule.Protocol, rule.PortMin, rule.PortMax, rule.RemotePrefix, rule.RemoteAddressSet))
                .GroupBy(rule => rule.Tier).OrderBy(tier => tier.Key == 0 ? uint.MaxValue : tier.Key)
                .Select(tier => tier.MinBy(rule => (rule.Order, rule.Action switch
                {
                    SecurityGroupRule.Types.Action.Deny => 0,
                    SecurityGroupRule.Types.Action.Allow => 1,
                    _ => 2,
                }))!.Action)
                .FirstOrDefault(action => action != SecurityGroupRule.Types.Action.Pass, SecurityGroupRule.Types.Action.Deny) == SecurityGroupRule.Types.Action.Allow;

        /// <summary>Tags of those that count, in their order, and of shadows.</summary>
        public static string Judges(NodeState state, string remote, byte protocol, ushort service)
        {
            var selecting = state.Classifiers
                .Where(item => Matches(state, remote, protocol, service, item.Ethertype, item.Protocol, item.DestinationPortMin, item.DestinationPortMax, item.SourcePrefix, item.SourceAddressSet))
                .ToList();
            var counting = selecting.Where(item => !item.Shadow).Select(item => item.PolicyTag).Distinct().OrderBy(IsOpen).ThenBy(NameOf, StringComparer.Ordinal).ToList();
            if (counting.Find(tag => !IsLoaded(tag) && !IsOpen(tag)) is > 0u and var closed) return $"{closed}|";
            var present = counting.Where(IsLoaded).ToList();
            if (present.Count == 0 && counting.Count > 0) return $"{counting[0]}|";
            var shadows = selecting.Where(item => item.Shadow && IsLoaded(item.PolicyTag)).Select(item => item.PolicyTag).Distinct().Except(counting).OrderBy(IsOpen).ThenBy(NameOf, StringComparer.Ordinal);
            return $"{string.Join(',', present)}|{string.Join(',', shadows)}";

            SecurityPolicy? Known(uint tag) => state.SecurityPolicies.SingleOrDefault(policy => policy.Tag == tag);
            bool IsOpen(uint tag) => Known(tag) is { OnFailure: SecurityPolicy.Types.OnFailure.Open };
            bool IsLoaded(uint tag) => Known(tag) is not { Firewalls.Count: 0 };
            string NameOf(uint tag) => Known(tag)?.Name ?? "";
        }

        private static bool Matches(NodeState state, string remote, byte protocol, ushort service, uint family, uint wanted, uint min, uint max, string prefix, string set)
        {
            var address = IPAddress.Parse(remote);
            if (family != (remote.Contains(':') ? 6u : 4u)) return false;
            if (wanted == 1 && family == 6) wanted = 58;
            if (wanted != 0 && wanted != protocol) return false;
            if (!(min == 0 && max == 0) && (service < min || service > max)) return false;
            string[] around = prefix.Length > 0 ? [prefix] : set.Length > 0 ? [.. state.AddressSets.Single(one => one.Id == set).Prefixes] : ["0.0.0.0/0", "::/0"];
            return around.Any(text => IPNetwork.Parse(text.Contains('/') ? text : text + "/32").Contains(address));
        }
    }

    /// <summary>What the datapath does with the tables: exact address, longest prefix, the identity's pages or everybody's.</summary>
    private static class Evaluate
    {
        public static bool Permits(SplicePlan plan, Table rules, int index, byte direction, string remote, byte protocol, ushort service)
        {
            var subject = MemoryMarshal.Read<PortRow>(plan.Ports.Rows[Bytes.Of((uint)index)].Value).Policy;
            foreach (var page in Pages<RulesPage>(rules, subject, direction, remote, plan, page => page.More))
                for (var i = 0; i < page.Count; i++)
                    if (protocol >= page.Rules[i].ProtocolMin && protocol <= page.Rules[i].ProtocolMax && service >= page.Rules[i].PortMin && service <= page.Rules[i].PortMax) return true;
            return false;
        }

        public static string Judges(SplicePlan plan, int index, string remote, byte protocol, ushort service)
        {
            var tag = Tag(plan, index, remote, protocol, service);
            if (tag == 0) return "|";
            return plan.Panels.Where(panel => panel.Value == tag).Select(panel => panel.Key).SingleOrDefault() is { } panel
                ? $"{string.Join(',', panel.Policies)}|{string.Join(',', panel.Shadows)}" : $"{tag}|";
        }

        private static uint Tag(SplicePlan plan, int index, string remote, byte protocol, ushort service)
        {
            var subject = MemoryMarshal.Read<PortRow>(plan.Ports.Rows[Bytes.Of((uint)index)].Value).Classes;
            foreach (var page in Pages<ClassesPage>(plan.Classes, subject, 0, remote, plan, page => page.More))
                for (var i = 0; i < page.Count; i++)
                    if ((page.Classes[i].Protocol == 0 || page.Classes[i].Protocol == protocol) && service >= page.Classes[i].PortMin && service <= page.Classes[i].PortMax)
                        return page.Classes[i].Tag;
            return 0;
        }

        private static IEnumerable<T> Pages<T>(Table table, ulong subject, byte direction, string remote, SplicePlan plan, Func<T, byte> more) where T : unmanaged
        {
            var identity = Identify(plan, remote);
            RulesKey key = new() { Subject = subject, Identity = identity, Direction = direction, Family = remote.Contains(':') ? (byte)6 : (byte)4 };
            if (!table.Rows.ContainsKey(Bytes.Of(key))) key.Identity = 0;
            while (table.Rows.TryGetValue(Bytes.Of(key), out var row))
            {
                var page = MemoryMarshal.Read<T>(row.Value);
                yield return page;
                if (more(page) == 0) break;
                key.Page++;
            }
        }

        private static ulong Identify(SplicePlan plan, string remote)
        {
            Assert.True(Prefix.TryParse(remote, out var address));
            if (plan.Addresses.Rows.TryGetValue(Bytes.Of(new AddressKey { Network = 1, Address = address.ToAddress() }), out var row))
                return MemoryMarshal.Read<AddressRow>(row.Value).Identity;
            for (var length = 128; length >= 0; length--)
                if (plan.Prefixes.Rows.TryGetValue(Bytes.Of(new PrefixKey { Length = (uint)(32 + length), Network = 1, Address = address.Shortened(length).ToAddress() }), out var identity))
                    return MemoryMarshal.Read<ulong>(identity.Value);
            return 0;
        }
    }
}
