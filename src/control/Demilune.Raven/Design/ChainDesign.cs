using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>A network as nodes would steer it → the same where a cloud steers by its own port chains. Pure.</summary>
/// <remarks>
/// A firewall's instance may be in a chain only while the switch carries both its interfaces, and a flow only while it carries both its ends:
/// networking-sfc's agent forgets to say from which interface where there is none, and then lets everything pass that the chain was to
/// carry. Where there is no chain yet, what it should carry is closed, since no security group opens it.
/// </remarks>
internal sealed class ChainDesign
{
    private readonly DesiredNetwork _desired;
    private readonly string _cluster;
    private readonly IReadOnlySet<string> _carried;
    private readonly IReadOnlyDictionary<string, PlacedPod> _placed;
    private readonly ChainedFlows _flows;
    private readonly ImmutableSortedDictionary<string, FlowClassifier>.Builder _classifiers = ImmutableSortedDictionary.CreateBuilder<string, FlowClassifier>(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _prerequisites = new(StringComparer.Ordinal);

    /// <summary>Pods that have no chain to speak through yet, where a plain policy would let them speak without.</summary>
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);

    private ChainDesign(
        DesiredNetwork desired, string cluster, ClusterIntent intent, IEnumerable<PlacedPod> placed, IReadOnlyDictionary<string, Inspection> inspections,
        Func<string, IEnumerable<Prefix>> addressesOf, IReadOnlySet<string> carried)
    {
        (_desired, _cluster, _carried) = (desired, cluster, carried);
        _placed = placed.ToDictionary(pod => pod.Uid, StringComparer.Ordinal);
        _flows = new ChainedFlows(intent, addressesOf, name => inspections.GetValueOrDefault(name) ?? new Inspection(name, PolicyTags.Missing, null, true, true));
    }

    /// <param name="addressesOf">By UID, as far as its port exists.</param>
    /// <param name="carried">Keys of the ports that their switch is known to carry.</param>
    public static DesiredNetwork Of(
        DesiredNetwork desired, string cluster, ClusterIntent intent, IEnumerable<PlacedPod> placed, IReadOnlyDictionary<string, Inspection> inspections,
        Func<string, IEnumerable<Prefix>> addressesOf, IReadOnlySet<string> carried) =>
        new ChainDesign(desired, cluster, intent, placed, inspections, addressesOf, carried).Design(intent);

    private DesiredNetwork Design(ClusterIntent intent)
    {
        var firewalls = _placed.Values.Where(pod => pod.Firewall is not null).OrderBy(pod => pod.Uid, StringComparer.Ordinal).ToList();
        var hops = firewalls.Where(firewall => !firewall.Leaving && _carried.Contains(Key.FirewallIn(firewall.Uid)) && _carried.Contains(Key.FirewallOut(firewall.Uid))).ToList();
        foreach (var hop in hops) _chains.TryAdd(hop.Firewall!, new SortedSet<string>(StringComparer.Ordinal));
        // The runtime may attach a firewall as soon as its own port is bound: its siblings have to be there by then.
        foreach (var firewall in firewalls.Where(firewall => !firewall.Leaving))
            _prerequisites[Key.Port(firewall.Uid)] = [Key.FirewallIn(firewall.Uid), Key.FirewallOut(firewall.Uid)];
        var pods = intent.Pods.Where(pod => _placed.TryGetValue(pod.Pod.Uid, out var placed) && placed.Firewall is null && _carried.Contains(Key.Port(pod.Pod.Uid))).ToList();
        foreach (var pod in pods) Chain(pod, pods);
        // One that is about to go is out of the chain by now, and the switch is to forget its interfaces before they vanish.
        var leaving = firewalls.Where(firewall => firewall.Leaving).SelectMany(firewall => (string[])[Key.FirewallIn(firewall.Uid), Key.FirewallOut(firewall.Uid)]).ToHashSet(StringComparer.Ordinal);
        return _desired with
        {
            Ports = _desired.Ports.Where(port => !leaving.Contains(port.Key)).ToImmutableSortedDictionary(port => port.Key, port => Port(port.Value), StringComparer.Ordinal),
            PortPairs = _desired.PortPairs.RemoveRange(_desired.PortPairs.Keys.Except(hops.Select(hop => Key.Pair(hop.Uid)))),
            PortPairGroups = Sorted(_chains.Keys.Select(firewall => (Key.Group(firewall), new PortPairGroup
            {
                Name = firewall,
                Description = Mark(Key.Group(firewall)),
                PortPairs = [.. hops.Where(hop => hop.Firewall == firewall).Select(hop => Key.Reference(Key.Pair(hop.Uid)))],
            }))),
            FlowClassifiers = _classifiers.ToImmutable(),
            PortChains = Sorted(_chains.Select(chain => (Key.Chain(chain.Key), new PortChain
            {
                Name = chain.Key,
                Description = Mark(Key.Chain(chain.Key)),
                PortPairGroups = [Key.Reference(Key.Group(chain.Key))],
                FlowClassifiers = [.. chain.Value.Select(Key.Reference)],
                ChainParameters = new ChainParameters { Symmetric = true },
            }))),
            PortPrerequisites = _prerequisites.ToImmutableDictionary(StringComparer.Ordinal),
            BoundFirst = [.. _placed.Values.Where(pod => pod.Firewall is null).Select(pod => Key.Port(pod.Uid))],
        };
    }

    private void Chain(PodIntent pod, IReadOnlyList<PodIntent> pods)
    {
        var waits = ChainedFlows.IsAlsoPlain(pod);
        foreach (var flow in _flows.To(pod, pods))
        {
            if (flow.Inspection.Firewall is not { } firewall || !_chains.TryGetValue(firewall, out var chain))
            {
                if (waits) _closed.Add(flow.Source.Uid);
                continue;
            }
            var classifier = ChainedFlows.Classifier(flow, _cluster, out var key);
            _classifiers[key] = classifier;
            chain.Add(key);
            // Where a plain policy opens the same, the source must not speak before the chain does.
            var port = Key.Port(flow.Source.Uid);
            if (waits) _prerequisites[port] = [.. _prerequisites.GetValueOrDefault(port, []), key, Key.Chain(firewall)];
        }
    }

    private Port Port(Port port) => port.DeviceOwner is DeviceOwners.FirewallIn or DeviceOwners.FirewallOut
        ? port with { FixedIps = null }     // a cloud's chain wants its hops on the subnet of its pods
        : _closed.Contains(port.DeviceId ?? "") ? port with { SecurityGroups = [] } : port;

    private string Mark(string key) => Key.Mark(_cluster, key);

    private static ImmutableSortedDictionary<string, T> Sorted<T>(IEnumerable<(string Key, T Value)> items) =>
        items.ToImmutableSortedDictionary(item => item.Key, item => item.Value, StringComparer.Ordinal);
}
