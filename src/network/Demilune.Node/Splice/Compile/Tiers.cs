namespace Demilune.Node.Splice.Compile;

/// <summary>What a rule does with what it matches. The order is that of rules of equal rank: the strict one first.</summary>
internal enum RuleAction : byte
{
    Deny = 1,
    Allow = 0,
    Pass = 2,
}

/// <summary>When a rule is asked, and what it says.</summary>
/// <param name="Tier">1..254, the smaller first; 0: after all of them.</param>
/// <param name="Order">Within the tier, the smaller first.</param>
internal readonly record struct Rank(byte Tier, uint Order, RuleAction Action) : IComparable<Rank>
{
    public int CompareTo(Rank other) => (Place(Tier), Order, Strictness(Action)).CompareTo((Place(other.Tier), other.Order, Strictness(other.Action)));

    private static int Place(byte tier) => tier == 0 ? byte.MaxValue : tier;

    private static int Strictness(RuleAction action) => action switch { RuleAction.Deny => 0, RuleAction.Allow => 1, _ => 2 };
}

/// <summary>Something allowed, as the kernel takes it: ports of protocols.</summary>
internal readonly record struct AllowedRange(byte ProtocolMin, byte ProtocolMax, ushort Min, ushort Max);

/// <summary>Rules of several tiers for one peer → what they come to: allowances, in no order.</summary>
/// <remarks>
/// Of one peer only protocol and port are left to ask for, and of those rules speak in few ranges: so the answer is worked out for each stretch of
/// ports, per protocol that any rule names, and once for all those between.
/// </remarks>
internal static class Tiers
{
    public static List<AllowedRange> Flatten(IEnumerable<(PortRange Ports, Rank Rank)> rules)
    {
        var ordered = rules.OrderBy(rule => rule.Rank).ToList();
        if (ordered.TrueForAll(rule => rule.Rank.Tier == 0))
            return [.. PortRange.Merge(ordered.Select(rule => rule.Ports)).Select(ports => ports.Protocol == 0
                ? new AllowedRange(0, byte.MaxValue, ports.Min, ports.Max)
                : new AllowedRange(ports.Protocol, ports.Protocol, ports.Min, ports.Max))];
        var others = Allowed(0, ordered);
        var result = new List<AllowedRange>();
        var next = 0;
        foreach (var protocol in ordered.Select(rule => rule.Ports.Protocol).Where(protocol => protocol != 0).Distinct().Order())
        {
            var own = Allowed(protocol, ordered);
            if (own.SequenceEqual(others)) continue;
            if (next < protocol) result.AddRange(others.Select(range => new AllowedRange((byte)next, (byte)(protocol - 1), range.Min, range.Max)));
            result.AddRange(own.Select(range => new AllowedRange(protocol, protocol, range.Min, range.Max)));
            next = protocol + 1;
        }
        if (next <= byte.MaxValue) result.AddRange(others.Select(range => new AllowedRange((byte)next, byte.MaxValue, range.Min, range.Max)));
        return result;
    }

    private static List<(ushort Min, ushort Max)> Allowed(byte protocol, List<(PortRange Ports, Rank Rank)> ordered)
    {
        var own = ordered.Where(rule => rule.Ports.Protocol == 0 || rule.Ports.Protocol == protocol).ToList();
        var starts = own.SelectMany(rule => new[] { rule.Ports.Min, rule.Ports.Max + 1 }).Append(0).Where(start => start <= ushort.MaxValue).Distinct().Order().ToList();
        var allowed = new List<(ushort Min, ushort Max)>();
        for (var i = 0; i < starts.Count; i++)
        {
            if (!IsAllowed(starts[i], own)) continue;
            var last = (ushort)(i + 1 < starts.Count ? starts[i + 1] - 1 : ushort.MaxValue);
            if (allowed is [.., var before] && before.Max + 1 == starts[i]) allowed[^1] = (before.Min, last);
            else allowed.Add(((ushort)starts[i], last));
        }
        return allowed;
    }

    private static bool IsAllowed(int port, List<(PortRange Ports, Rank Rank)> ordered)
    {
        var passed = -1;
        foreach (var (ports, rank) in ordered)
        {
            if (rank.Tier == passed || port < ports.Min || port > ports.Max) continue;
            if (rank.Action != RuleAction.Pass) return rank.Action == RuleAction.Allow;
            passed = rank.Tier;
        }
        return false;
    }
}
