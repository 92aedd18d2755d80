using Demilune.Neutron;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>The limits of pods → QoS policies, one for all pods with the same limits. Pure.</summary>
internal static class BandwidthDesign
{
    public static QosPolicy Of(Bandwidth bandwidth, Surroundings around)
    {
        var key = Key.Limit(bandwidth);
        return new QosPolicy { Name = key, Description = around.Mark(key), Rules = [.. Rules(bandwidth)] };
    }

    private static IEnumerable<QosRule> Rules(Bandwidth bandwidth)
    {
        foreach (var (direction, limit) in new[] { ("ingress", bandwidth.IngressKbps), ("egress", bandwidth.EgressKbps) })
            if (limit is { } kilobits) yield return new QosRule { Type = QosRuleTypes.BandwidthLimit, Direction = direction, MaxKbps = kilobits };
    }
}
