using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>Finds pods by selector; each distinct selector is worked out once.</summary>
internal sealed class PodIndex(Cluster cluster)
{
    private readonly Dictionary<string, ImmutableArray<Pod>> _byNamespace = cluster.Pods
        .GroupBy(pod => pod.Name.Namespace)
        .ToDictionary(group => group.Key, group => group.OrderBy(pod => pod.Uid, StringComparer.Ordinal).ToImmutableArray());

    private readonly Dictionary<PeerSelector, ImmutableArray<Pod>> _selected = [];

    /// <summary>Many selectors of pods share one of namespaces: each costs a look at all of them once.</summary>
    private readonly Dictionary<LabelSelector, ImmutableArray<string>> _namespaces = [];

    /// <summary>In the order of their UIDs.</summary>
    public ImmutableArray<Pod> Select(PeerSelector selector)
    {
        if (_selected.TryGetValue(selector, out var known)) return known;
        IEnumerable<string> namespaces = selector.Namespace is { } one
            ? [one]
            : Namespaces(selector.Namespaces!);
        var pods = namespaces
            .SelectMany(name => _byNamespace.GetValueOrDefault(name, []))
            .Where(pod => selector.Pods.Matches(pod.Labels))
            .Where(pod => selector.Port is not { } port || pod.Resolve(port.Name, port.Protocol) == port.Number)
            .OrderBy(pod => pod.Uid, StringComparer.Ordinal)
            .ToImmutableArray();
        return _selected[selector] = pods;
    }

    private ImmutableArray<string> Namespaces(LabelSelector selector)
    {
        if (_namespaces.TryGetValue(selector, out var known)) return known;
        return _namespaces[selector] = [.. _byNamespace.Keys.Where(name => selector.Matches(LabelsOf(name))).Order(StringComparer.Ordinal)];
    }

    /// <summary>Of the nodes with these labels.</summary>
    public IEnumerable<Prefix> AddressesOf(LabelSelector nodes) =>
        cluster.Nodes.Where(node => nodes.Matches(node.Labels)).SelectMany(node => node.Addresses).Distinct().Order();

    private ImmutableDictionary<string, string> LabelsOf(string ns) =>
        cluster.Namespaces.GetValueOrDefault(ns, ImmutableDictionary<string, string>.Empty);
}
