using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Raven.Design;

namespace Demilune.Raven.Planning;

/// <summary>(desired, actual) → what to do, in an order in which each step may be the last. Pure.</summary>
/// <remarks>
/// <code>
///  build   what nothing depends on yet ► chains with their classifiers ► whatever opens (rules, members, groups of ports)
///  trim    whatever opens too far ► chains, classifiers, pairs ► ports ► groups
///  ahead   ports that nobody needs yet
/// </code>
/// So what both the old and the new state allow is never cut, and what is to be inspected is never allowed before it is
/// steered. Removal follows the references: chain, classifier, group, pair, port, QoS policy, security group, address group. Networks
/// and subnets are never removed here.
/// </remarks>
internal sealed class Planner
{
    private readonly string _cluster;
    private readonly DesiredNetwork _desired;
    private readonly NetworkSnapshot _actual;
    private readonly IReadOnlySet<string>? _keys;
    private readonly Dictionary<string, string> _ids = [];
    private readonly List<Operation> _build = [];
    private readonly List<Operation> _open = [];
    private readonly List<Operation> _close = [];
    private readonly List<Operation> _remove = [];
    private readonly List<Operation> _fill = [];

    private Planner(string cluster, DesiredNetwork desired, NetworkSnapshot actual, IReadOnlySet<string>? keys) =>
        (_cluster, _desired, _actual, _keys) = (cluster, desired, actual, keys);

    /// <param name="keys">Only what has these is looked at: all else is known to be as it should. Null: everything.</param>
    public static ImmutableArray<Operation> Plan(string cluster, DesiredNetwork desired, NetworkSnapshot actual, IReadOnlySet<string>? keys = null) =>
        new Planner(cluster, desired, actual, keys).Plan();

    private ImmutableArray<Operation> Plan()
    {
        CreateOnly(_desired.Networks, (_, _) => true);
        CreateOnly(_desired.Subnets, (wanted, one) => Is(wanted.NetworkId, one.NetworkId));
        var addressGroups = AddressGroups();
        var securityGroups = SecurityGroups();
        var limits = QosPolicies();
        var ports = Ports();
        var pairs = Match(_desired.PortPairs, (wanted, one) => Is(wanted.Ingress, one.Ingress) && Is(wanted.Egress, one.Egress));
        Create(pairs, _desired.PortPairs);
        var pairGroups = PortPairGroups();
        var classifiers = Match(_desired.FlowClassifiers, FitsClassifier);
        Create(classifiers, _desired.FlowClassifiers);
        var chains = PortChains();
        Remove(chains);
        Remove(classifiers);
        Remove(pairGroups);
        Remove(pairs);
        Remove(ports);
        Remove(limits);
        Remove(securityGroups);
        Remove(addressGroups);
        return [.. _build, .. _open, .. _close, .. _remove, .. _fill];
    }

    private bool FitsClassifier(FlowClassifier wanted, FlowClassifier one) =>
        Is(wanted.LogicalSourcePort, one.LogicalSourcePort) && Is(wanted.LogicalDestinationPort, one.LogicalDestinationPort) &&
        Is(wanted.SourceAddressGroupId, one.SourceAddressGroupId) && Is(wanted.DestinationAddressGroupId, one.DestinationAddressGroupId);

    private Matching<AddressGroup> AddressGroups()
    {
        var groups = Match(_desired.AddressGroups, (_, _) => true);
        Create(groups, _desired.AddressGroups);
        foreach (var (key, group) in groups.Kept)
        {
            var (wanted, there) = (_desired.AddressGroups[key].Addresses ?? [], group.Addresses ?? []);
            if (wanted.Except(there).ToImmutableArray() is { Length: > 0 } more) _open.Add(new AddAddresses(key, group.Id, more));
            if (there.Except(wanted).ToImmutableArray() is { Length: > 0 } less) _close.Add(new RemoveAddresses(key, group.Id, less));
        }
        return groups;
    }

    private Matching<SecurityGroup> SecurityGroups()
    {
        var groups = Match(_desired.SecurityGroups, (_, _) => true);
        Create(groups, _desired.SecurityGroups);
        foreach (var (key, wanted) in _keys is null
            ? _desired.Rules.OrderBy(group => group.Key, StringComparer.Ordinal)
            : _keys.Where(_desired.Rules.ContainsKey).Order(StringComparer.Ordinal).Select(key => KeyValuePair.Create(key, _desired.Rules[key])))
        {
            // A group that is only now made is on no port: its rules open nothing yet.
            if (!groups.Kept.TryGetValue(key, out var group))
            {
                foreach (var rule in wanted) _build.Add(new Create(Operation.RuleOf + key, rule) { After = [key] });
                continue;
            }
            var there = (group.SecurityGroupRules ?? []).GroupBy(Content).ToDictionary(same => same.Key, same => same.ToList());
            foreach (var rule in wanted)
            {
                if (there.Remove(Content(rule))) continue;
                var create = new Create(Operation.RuleOf + key, rule) { After = _desired.PrerequisitesOf(key) };
                // What denies, or leaves to others, comes when all that it may be the exception of is open.
                (rule.Action is null or "allow" ? _open : _close).Add(create);
            }
            foreach (var rule in there.Values.SelectMany(rules => rules).OrderBy(rule => rule.Id, StringComparer.Ordinal))
                _close.Add(new Delete(Operation.RuleOf + key, typeof(SecurityGroupRule), rule.Id) { Group = group.Id });
        }
        return groups;
    }

    private string Content(SecurityGroupRule rule) => string.Join('|',
        rule.Direction, rule.Ethertype ?? "IPv4", rule.Protocol, rule.PortRangeMin, rule.PortRangeMax, rule.RemoteIpPrefix,
        rule.RemoteGroupId, Id(rule.RemoteAddressGroupId), rule.RemoteDomainName, rule.Action ?? "allow", rule.Tier, rule.Order);

    private Matching<QosPolicy> QosPolicies()
    {
        var policies = Match(_desired.QosPolicies, (_, _) => true);
        foreach (var key in policies.Missing)
        {
            var wanted = _desired.QosPolicies[key];
            _build.Add(new Create(key, wanted with { Rules = null }));
            foreach (var rule in wanted.Rules!) Add(key, rule);
        }
        foreach (var (key, policy) in policies.Kept)
        {
            var there = (policy.Rules ?? []).ToLookup(Content);
            var wanted = _desired.QosPolicies[key].Rules!.ToDictionary(Content);
            // Of one direction there is one rule at most: a wrong one has to go before the right one can come.
            foreach (var rule in there.Where(same => !wanted.ContainsKey(same.Key)).SelectMany(same => same).OrderBy(rule => rule.Id, StringComparer.Ordinal))
                _build.Add(new Delete(Operation.RuleOf + key, typeof(QosRule), rule.Id) { Group = policy.Id, RuleType = rule.Type });
            foreach (var (content, rule) in wanted)
                if (!there.Contains(content)) Add(key, rule);
        }
        return policies;

        void Add(string key, QosRule rule) => _build.Add(new Create(Operation.RuleOf + key, rule with { QosPolicyId = Key.Reference(key) }) { After = [key] });
    }

    private static string Content(QosRule rule) => $"{rule.Type} {rule.Direction} {rule.MaxKbps}";

    private Matching<Port> Ports()
    {
        var ports = Match(_desired.Ports, (wanted, one) =>
            Is(wanted.NetworkId, one.NetworkId) && wanted.DeviceOwner == one.DeviceOwner && wanted.DeviceId == one.DeviceId);
        var spares = new SparePorts(_cluster, _desired.Pools, _actual, everything: _keys is null);
        foreach (var key in ports.Missing)
        {
            var first = AtFirst(key);
            _build.Add(spares.Take(first) is { } spare ? new Update(key, spare.Id, HandedOut(first, spare)) : new Create(key, first));
        }
        _fill.AddRange(spares.Balance());
        foreach (var (key, one) in ports.Kept)
        {
            var wanted = _desired.Ports[key];
            var groups = (wanted.SecurityGroups ?? []).Select(Id).ToHashSet(StringComparer.Ordinal);
            if (_desired.LimitsPorts && !Is(wanted.QosPolicyId, one.QosPolicyId))
                _open.Add(new Update(key, one.Id, new Port { QosPolicyId = wanted.QosPolicyId ?? Port.NoQosPolicy })
                {
                    After = wanted.QosPolicyId is { } limit ? [limit[1..]] : [],
                });
            var (otherGroups, otherHost) = (!groups.SetEquals(one.SecurityGroups ?? []), wanted.HostId != (one.HostId ?? ""));
            if (!otherGroups && !otherHost) continue;
            _open.Add(new Update(key, one.Id, new Port { SecurityGroups = otherGroups ? wanted.SecurityGroups : null, HostId = otherHost ? wanted.HostId : null })
            {
                After = [.. _desired.PrerequisitesOf(key), .. (wanted.SecurityGroups ?? []).Select(group => group[1..])],
            });
        }
        return ports with { Surplus = ports.Surplus.RemoveAll(port => Key.IsSpare(Key.FromMark(_cluster, port.Description)!)) };
    }

    /// <summary>A port that has to wait for something is made unbound: it has its addresses, and no node carries its traffic yet.</summary>
    private Port AtFirst(string key)
    {
        var wanted = _desired.Ports[key];
        if (_desired.PrerequisitesOf(key).IsEmpty) return wanted;
        return _desired.BoundFirst.Contains(key) ? wanted with { SecurityGroups = [] } : wanted with { HostId = null };
    }

    /// <summary>The one change that makes a spare a pod's. What it is already is not said again: to bind a port may be an administrator's right.</summary>
    private static Port HandedOut(Port wanted, Port spare) => wanted with { NetworkId = null, HostId = wanted.HostId == (spare.HostId ?? "") ? null : wanted.HostId };

    private Matching<PortPairGroup> PortPairGroups()
    {
        var groups = Match(_desired.PortPairGroups, (_, _) => true);
        Create(groups, _desired.PortPairGroups);
        foreach (var (key, group) in groups.Kept)
            Lists(key, group.Id, _desired.PortPairGroups[key].PortPairs, group.PortPairs, list => new PortPairGroup { PortPairs = list });
        return groups;
    }

    private Matching<PortChain> PortChains()
    {
        var chains = Match(_desired.PortChains, (wanted, one) =>
            (wanted.PortPairGroups ?? []).Select(Id).SequenceEqual(one.PortPairGroups ?? [], StringComparer.Ordinal));
        Create(chains, _desired.PortChains);
        foreach (var (key, chain) in chains.Kept)
            Lists(key, chain.Id, _desired.PortChains[key].FlowClassifiers, chain.FlowClassifiers, list => new PortChain { FlowClassifiers = list });
        return chains;
    }

    /// <summary>A list is replaced whole: first by the union, later, when nothing opens through what is gone, by what is wanted.</summary>
    private void Lists(string key, string id, IReadOnlyList<string>? wanted, IReadOnlyList<string>? there, Func<IReadOnlyList<string>, Resource> change)
    {
        var (desired, actual) = ((wanted ?? []).Select(Id).ToList(), there ?? []);
        if (desired.Except(actual).Any()) _build.Add(new Update(key, id, change([.. actual.Union(desired)])));
        if (actual.Except(desired).Any()) _close.Add(new Update(key, id, change(desired), Widening: false));
    }

    private void CreateOnly<T>(ImmutableSortedDictionary<string, T> desired, Func<T, T, bool> fits)
        where T : Resource, IResource<T> => Create(Match(desired, fits), desired);

    private Matching<T> Match<T>(ImmutableSortedDictionary<string, T> desired, Func<T, T, bool> fits)
        where T : Resource, IResource<T>
    {
        var matching = _keys is null
            ? Matching<T>.Of(_cluster, desired.Keys, desired, _actual.All<T>(), fits)
            : Matching<T>.Of(_cluster, _keys, desired, _keys.Order(StringComparer.Ordinal).SelectMany(key => _actual.Marked<T>(Key.Mark(_cluster, key))), fits);
        foreach (var (key, one) in matching.Kept) _ids[key] = one.Id;
        return matching;
    }

    private void Create<T>(Matching<T> matching, ImmutableSortedDictionary<string, T> desired)
        where T : Resource
    {
        foreach (var key in matching.Missing) _build.Add(new Create(key, desired[key]));
    }

    private void Remove<T>(Matching<T> matching)
        where T : Resource
    {
        foreach (var one in matching.Surplus) _remove.Add(new Delete(Key.FromMark(_cluster, one.Description)!, typeof(T), one.Id));
    }

    /// <summary>The id behind a reference, or the reference itself if nothing is there yet.</summary>
    private string Id(string? reference)
    {
        if (reference is not ['@', ..]) return reference ?? "";
        var key = reference[1..];
        if (_ids.TryGetValue(key, out var id)) return id;
        return _keys?.Contains(key) is false ? _actual.Marked<Resource>(Key.Mark(_cluster, key)).FirstOrDefault()?.Id ?? reference : reference;
    }

    private bool Is(string? reference, string? id) => Id(reference) == (id ?? "");
}
