using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>What a cloud's own port chains lead through firewalls: for each pair of pods the flows that annotated policies allow between them.</summary>
/// <remarks>
/// networking-sfc says less than a policy: both ends of a symmetric chain are ports, classifiers of one address each may not overlap within
/// the whole cloud, and what is chained passes no security group. So there is a classifier per pair of pods and range of ports, cut to
/// what the source's egress policies allow; no security group opens what is to be chained; and what cannot be chained stays closed.
/// </remarks>
internal sealed class ChainedFlows(ClusterIntent intent, Func<string, IEnumerable<Prefix>> addressesOf, Func<string, Inspection> inspections)
{

    /// <summary>A flow from one port to another.</summary>
    public readonly record struct Chained(Pod Source, Pod Destination, Prefix From, Prefix To, Ports Ports, Inspection Inspection);

    /// <summary>Those that a pod accepts. Only between pods that have addresses, and only IPv4: the switch's agent ignores classifiers of IPv6.</summary>
    /// <param name="pods">Of the cluster, those with a port of their own.</param>
    public IEnumerable<Chained> To(PodIntent destination, IReadOnlyList<PodIntent> pods)
    {
        var wanted = destination.Policies.SelectMany(pair => pair.Variant.Allowances)
            .Where(allowance => allowance is { Direction: Direction.Ingress, SecurityPolicy: not null } && allowance.Ports.Protocol != Protocol.Sctp).ToList();
        if (wanted.Count == 0) yield break;
        foreach (var source in pods)
        {
            if (source.Pod.Uid == destination.Pod.Uid) continue;
            foreach (var from in Addresses(source.Pod))
            {
                var matches = wanted.Where(allowance => Includes(allowance.Peers, source.Pod, from))
                    .SelectMany(allowance => Transports(allowance.Ports).Select(ports => (allowance, ports)))
                    .SelectMany(one => Permitted(source, destination.Pod, one.ports)
                        .Select(ports => new Steering.Match(false, new Remote(from.IsV6, from, null), ports, inspections(one.allowance.SecurityPolicy!))));
                var disjoint = Steering.Disjoint(matches, together: false);
                foreach (var to in Addresses(destination.Pod))
                    foreach (var match in disjoint)
                        yield return new Chained(source.Pod, destination.Pod, from, to, match.Ports, match.Inspection);
            }
        }
    }

    /// <summary>True if what is to be inspected on its way to the pod is allowed besides, by a policy without annotation.</summary>
    public static bool IsAlsoPlain(PodIntent pod)
    {
        var ingress = pod.Policies.SelectMany(pair => pair.Variant.Allowances).Where(allowance => allowance.Direction == Direction.Ingress).ToList();
        return ingress.Exists(judged => judged.SecurityPolicy is not null && ingress.Exists(plain => plain.SecurityPolicy is null && Overlap(judged.Ports, plain.Ports)));
    }

    public static FlowClassifier Classifier(Chained flow, string cluster, out string key)
    {
        var classifier = new FlowClassifier
        {
            Name = $"{flow.Inspection.SecurityPolicy} {flow.Destination.Name}" is { Length: > 255 } name ? name[..255] : $"{flow.Inspection.SecurityPolicy} {flow.Destination.Name}",
            Ethertype = "IPv4",
            Protocol = flow.Ports.Protocol == Protocol.Udp ? "udp" : "tcp",
            DestinationPortRangeMin = flow.Ports.IsEveryPort ? null : flow.Ports.First,
            DestinationPortRangeMax = flow.Ports.IsEveryPort ? null : flow.Ports.Last,
            SourceIpPrefix = flow.From.ToString(),
            DestinationIpPrefix = flow.To.ToString(),
            LogicalSourcePort = Key.Reference(Key.Port(flow.Source.Uid)),
            LogicalDestinationPort = Key.Reference(Key.Port(flow.Destination.Uid)),
        };
        // Its tag has no place in the classifier itself, and must be found again with it.
        key = Key.Flow(
            string.Join('|', classifier.Protocol, classifier.DestinationPortRangeMin, classifier.DestinationPortRangeMax, classifier.SourceIpPrefix,
                classifier.DestinationIpPrefix, classifier.LogicalSourcePort, classifier.LogicalDestinationPort, flow.Inspection.Firewall),
            flow.Inspection.Tag);
        return classifier with { Description = Key.Mark(cluster, key) };
    }

    private IEnumerable<Prefix> Addresses(Pod pod) => addressesOf(pod.Uid).Where(address => !address.IsV6);

    private bool Includes(Peers peers, Pod pod, Prefix address) => peers switch
    {
        Peers.Anybody => true,
        Peers.Block block => block.Prefix.Contains(address),
        Peers.Selected selected => intent.Members[selected.Selector].Any(member => member.Uid == pod.Uid),
        _ => false,
    };

    /// <summary>Of these ports, those that the source may open to the destination.</summary>
    private IEnumerable<Ports> Permitted(PodIntent source, Pod destination, Ports ports)
    {
        if (!source.EgressIsolated) return [ports];
        return source.Policies.SelectMany(pair => pair.Variant.Allowances)
            .Where(allowance => allowance.Direction == Direction.Egress && Addresses(destination).Any(to => Includes(allowance.Peers, destination, to)))
            .Select(allowance => Intersection(allowance.Ports, ports)).OfType<Ports>().Distinct();
    }

    private static Ports? Intersection(Ports wide, Ports ports)
    {
        if (wide.Protocol is not null && wide.Protocol != ports.Protocol) return null;
        var (first, last) = (Math.Max(wide.First, ports.First), Math.Min(wide.Last, ports.Last));
        return first <= last ? ports with { First = first, Last = last } : null;
    }

    private static bool Overlap(Ports one, Ports other) =>
        (one.Protocol is null || other.Protocol is null || one.Protocol == other.Protocol) && one.First <= other.Last && other.First <= one.Last;

    /// <summary>"Every protocol" would overlap each classifier of one protocol; what is neither TCP nor UDP cannot be inspected and stays closed.</summary>
    private static IEnumerable<Ports> Transports(Ports ports) => ports.Protocol is not null
        ? [ports]
        : [new Ports(Protocol.Tcp, ports.First, ports.Last), new Ports(Protocol.Udp, ports.First, ports.Last)];
}
