using Demilune.Inspection.Flows;
using Demilune.Rules.Compile;
using Demilune.Rules.State;

namespace Demilune.Inspection.Detection;

/// <summary>What is recorded after a match (<c>tag</c>): packets of a flow, or of a host, up to a number of packets, bytes or seconds. For captures.</summary>
internal sealed class Tags
{
    /// <summary>Tags of one flow or host at a time, as in Suricata.</summary>
    private const int MaxTags = 50;

    /// <summary>Hosts at a time; whoever comes later is not recorded.</summary>
    private const int MaxHosts = 16_384;

    private readonly Dictionary<UInt128, List<Tag>> _hosts = [];

    /// <summary>One signature's, and how far it has come.</summary>
    internal sealed class Tag(Signature signature, RuleTag rule, long started)
    {
        public Signature Signature { get; } = signature;
        public RuleTag Rule { get; } = rule;
        public long Started { get; set; } = started;
        public long Count { get; set; }
        public bool HasSkippedFirst { get; set; }
    }

    /// <summary>A signature has matched.</summary>
    public void Add(Signature signature, FrameScope scope)
    {
        if (signature.Tag is not { } rule) return;
        var list = rule.Target switch
        {
            TagTarget.Session => scope.Flow is { } flow ? flow.Tags ??= [] : null,
            TagTarget.Source => HostOf(scope.Facts.Source),
            _ => HostOf(scope.Facts.Destination),
        };
        if (list is null) return;
        if (list.Find(tag => tag.Signature == signature) is { } known) known.Started = scope.Now;
        else if (list.Count < MaxTags) list.Add(new(signature, rule, scope.Now));
    }

    /// <summary>Counts a packet for every tag that it is under.</summary>
    /// <returns>Whether it is to be recorded.</returns>
    public bool Take(FrameScope scope, Flow? flow, int length)
    {
        var isWanted = flow?.Tags is { Count: > 0 } own && Take(own, scope.Now, length);
        if (_hosts.Count == 0) return isWanted;
        isWanted |= _hosts.TryGetValue(scope.Facts.Source, out var source) && Take(source, scope.Now, length);
        isWanted |= _hosts.TryGetValue(scope.Facts.Destination, out var destination) && Take(destination, scope.Now, length);
        return isWanted;
    }

    private List<Tag>? HostOf(UInt128 address)
    {
        if (_hosts.TryGetValue(address, out var list)) return list;
        if (_hosts.Count >= MaxHosts) return null;
        _hosts.Add(address, list = []);
        return list;
    }

    private static bool Take(List<Tag> tags, long now, int length)
    {
        var isWanted = false;
        for (var i = tags.Count - 1; i >= 0; i--)
        {
            var tag = tags[i];
            tag.Count += tag.Rule.Metric == TagMetric.Bytes ? length : 1;
            if (!tag.HasSkippedFirst)
            {
                tag.HasSkippedFirst = true;      // that is the alert's own packet
                continue;
            }
            var reached = tag.Rule.Metric == TagMetric.Seconds ? (now - tag.Started) / 1_000_000_000 : tag.Count;
            if (tag.Rule.Count != 0 && reached > tag.Rule.Count) tags.RemoveAt(i);
            else isWanted = true;
        }
        return isWanted;
    }
}
