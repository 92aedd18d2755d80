using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>The network as it should be, kept as the cluster changes: told what is now, it designs anew only what that touches.</summary>
/// <remarks>
/// <code>
///  policy's intent, SecurityPolicies, Services ─► PolicyPart: security groups ─┐
///  pod's intent, its place, SecurityPolicies ───► PodPart: ports, classifiers ─┼─► address groups (of those spoken of), chains
///  who is behind a selector, addresses ────────────────────────────────────────┘
/// </code>
/// Single owner, not thread-safe; what it hands out is immutable.
/// </remarks>
internal sealed class NetworkDesigner
{
    private readonly Capabilities _capabilities;
    private readonly RavenOptions _options;
    private readonly Func<string, IEnumerable<Prefix>> _addressesOfPod;
    private readonly Func<string, IEnumerable<PeerSelector>> _selectorsOfPod;
    private readonly ServiceAccess _services = new();
    private readonly Dictionary<string, Inspection> _inspections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlacedPod> _placed = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, PolicyPart> _policies = [];
    private readonly Dictionary<string, PodPart> _pods = new(StringComparer.Ordinal);

    /// <summary>Who would have to be designed anew.</summary>
    private readonly Relation<string, PolicyId> _policiesByInspection = new();
    private readonly Relation<PeerSelector, PolicyId> _policiesBySelector = new();
    private readonly HashSet<PolicyId> _opensServicesOfAll = [];

    /// <summary>Address group → who names it.</summary>
    private readonly Dictionary<string, (GroupUse Use, int Count)> _groups = new(StringComparer.Ordinal);

    /// <summary>Limits, and how many pods have them.</summary>
    private readonly Dictionary<Bandwidth, int> _limits = [];

    /// <summary>By firewall.</summary>
    private readonly Dictionary<string, ChainParts> _chains = new(StringComparer.Ordinal);

    private readonly HashSet<PolicyId> _dirtyPolicies = [];
    private readonly HashSet<string> _dirtyPods = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirtyGroups = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirtyChains = new(StringComparer.Ordinal);
    private readonly HashSet<Bandwidth> _dirtyLimits = [];

    /// <summary>UIDs of pods behind Services that have changed; of pods at other addresses.</summary>
    private readonly HashSet<string> _moved = new(StringComparer.Ordinal), _readdressed = new(StringComparer.Ordinal);
    private HashSet<PolicyId> _redesigned = [];
    private Surroundings _around;

    /// <param name="addressesOfPod">By UID, as far as its port exists: peers without one cannot be named yet.</param>
    /// <param name="selectorsOfPod">By UID: the selectors that rules name and the pod is behind.</param>
    public NetworkDesigner(
        Capabilities capabilities, RavenOptions options, Func<string, IEnumerable<Prefix>> addressesOfPod, Func<string, IEnumerable<PeerSelector>> selectorsOfPod)
    {
        (_capabilities, _options, _addressesOfPod, _selectorsOfPod) = (capabilities, options, addressesOfPod, selectorsOfPod);
        _around = Around(ClusterIntent.Empty);
        Desired = new DesiredNetwork
        {
            LimitsPorts = capabilities.Qos,
            Networks = Sorted([(Key.Network, new Network
            {
                Name = $"demilune-{_options.ClusterName}", Description = Mark(Key.Network), AdminStateUp = true, PortSecurityEnabled = true,
            })]),
            Subnets = Sorted(_options.PodPrefixes.Select(prefix => (Key.Subnet(prefix.ToString()), new Subnet
            {
                Name = $"demilune-{_options.ClusterName}-{(prefix.IsV6 ? "v6" : "v4")}", Description = Mark(Key.Subnet(prefix.ToString())),
                NetworkId = Key.Reference(Key.Network), IpVersion = prefix.IsV6 ? 6 : 4, Cidr = prefix.ToString(), EnableDhcp = false,
            }))),
        };
        var draft = new Draft(Desired);
        AllowAll(draft, Key.AllowIngress, "ingress");
        AllowAll(draft, Key.AllowEgress, "egress");
        Desired = draft.ToDesired();
    }

    /// <summary>As of the last <see cref="Update"/>.</summary>
    public DesiredNetwork Desired { get; private set; }

    /// <summary>The whole network at once, from facts.</summary>
    /// <param name="intent">What the facts' policies compile to.</param>
    public static DesiredNetwork Design(
        ClusterFacts facts, ClusterIntent intent, Capabilities capabilities, RavenOptions options,
        IReadOnlyDictionary<string, ImmutableArray<Prefix>> addressesByPod)
    {
        var designer = new NetworkDesigner(capabilities, options, uid => addressesByPod.GetValueOrDefault(uid, []), _ => []);
        foreach (var pod in facts.Pods) designer.SetPod(pod.Uid, pod);
        foreach (var inspection in facts.Inspections.Values) designer.SetInspection(inspection.SecurityPolicy, inspection);
        for (var i = 0; i < facts.Services.Length; i++) designer.SetService($"{i}", [facts.Services[i]]);
        designer.Update(intent, new IntentChanges(
            intent.PoliciesById.Keys.ToHashSet(), intent.PodsByUid.Keys.ToHashSet(), intent.Members.Keys.ToDictionary(selector => selector, _ => new HashSet<string>())));
        return designer.Desired;
    }

    /// <param name="pod">Null: it is gone, or has no place yet.</param>
    public void SetPod(string uid, PlacedPod? pod)
    {
        if (_placed.GetValueOrDefault(uid) == pod) return;
        if (pod is null) _placed.Remove(uid);
        else _placed[uid] = pod;
        _dirtyPods.Add(uid);
    }

    /// <param name="inspection">Null: there is no such SecurityPolicy.</param>
    public void SetInspection(string securityPolicy, Inspection? inspection)
    {
        if (_inspections.GetValueOrDefault(securityPolicy) == inspection) return;
        if (inspection is null) _inspections.Remove(securityPolicy);
        else _inspections[securityPolicy] = inspection;
        foreach (var policy in _policiesByInspection.Of(securityPolicy))
        {
            _dirtyPolicies.Add(policy);
            foreach (var pod in PodsOf(policy)) _dirtyPods.Add(pod.Uid);
        }
    }

    /// <param name="service">Its name, in whatever words.</param>
    /// <param name="fronts">None: it is gone.</param>
    public void SetService(string service, ImmutableArray<ServiceFront> fronts)
    {
        _moved.UnionWith(_services.PodsBehind(service));
        _services.Set(service, fronts);
        _moved.UnionWith(_services.PodsBehind(service));
        _dirtyPolicies.UnionWith(_opensServicesOfAll);
    }

    /// <summary>The port of a pod has come, gone, or has other addresses.</summary>
    public void Readdress(string podUid) => _readdressed.Add(podUid);

    /// <summary>The network was read anew: any address may be another.</summary>
    public void ReaddressAll() => _dirtyGroups.UnionWith(_groups.Keys);

    /// <summary>By name of the SecurityPolicy.</summary>
    public IReadOnlyDictionary<string, Inspection> Inspections => _inspections;

    /// <summary>The pods that have, or are to have, ports.</summary>
    public IEnumerable<PlacedPod> Placed => _placed.Values;

    /// <returns>Null: it has no place.</returns>
    public PlacedPod? FindPlaced(string podUid) => _placed.GetValueOrDefault(podUid);

    /// <returns>The keys of everything that should be otherwise than before, and perhaps of some that should not.</returns>
    public IReadOnlySet<string> Update(ClusterIntent intent, IntentChanges changes)
    {
        var before = _around.Intent;
        _around = Around(intent);
        _dirtyPolicies.UnionWith(changes.Policies);
        _dirtyPods.UnionWith(changes.Pods);
        if (changes.Pods.Any(uid => _services.IsBehindAny(uid) && before.PodsByUid.ContainsKey(uid) != intent.PodsByUid.ContainsKey(uid)))
            _dirtyPolicies.UnionWith(_opensServicesOfAll);
        // Behind a Service now, or until now: both may go in one step.
        foreach (var (selector, moved) in changes.Selectors) Regroup(selector, moved.Any(uid => _services.IsBehindAny(uid) || _moved.Contains(uid)));
        foreach (var selector in _readdressed.SelectMany(_selectorsOfPod).Distinct()) Regroup(selector, ofServices: false);
        foreach (var selector in _moved.SelectMany(_selectorsOfPod).Distinct()) _dirtyPolicies.UnionWith(_policiesBySelector.Of(selector));

        var draft = new Draft(Desired);
        foreach (var id in _dirtyPolicies) SetPart(draft, id, intent.PoliciesById.TryGetValue(id, out var policy) ? PolicyDesign.Of(policy, _around) : null);
        foreach (var uid in _dirtyPods)
            SetPart(draft, uid, _placed.TryGetValue(uid, out var pod) ? PodDesign.Of(pod, intent.PodsByUid.GetValueOrDefault(uid), _around) : null);
        foreach (var key in _dirtyGroups) draft.Set(draft.AddressGroups, key, _groups.TryGetValue(key, out var group) ? AddressGroup(group.Use) : null);
        foreach (var limit in _dirtyLimits) draft.Set(draft.QosPolicies, Key.Limit(limit), _limits.ContainsKey(limit) ? BandwidthDesign.Of(limit, _around) : null);
        foreach (var firewall in _dirtyChains) SetChain(draft, firewall);
        Desired = draft.ToDesired() with { Intent = intent };
        foreach (var done in new[] { _dirtyPods, _dirtyGroups, _dirtyChains, _moved, _readdressed }) done.Clear();
        _dirtyLimits.Clear();
        _redesigned.UnionWith(_dirtyPolicies);
        _dirtyPolicies.Clear();
        return draft.Touched;
    }

    /// <summary>The policies of which something may be said otherwise than when this was last asked.</summary>
    public IReadOnlySet<PolicyId> TakeRedesigned()
    {
        var taken = _redesigned;
        _redesigned = [];
        return taken;
    }

    /// <summary>Others are behind a selector, or at other addresses.</summary>
    private void Regroup(PeerSelector selector, bool ofServices)
    {
        _dirtyGroups.Add(Key.Peers(selector));
        if (ofServices || !_capabilities.AddressGroups) _dirtyPolicies.UnionWith(_policiesBySelector.Of(selector));
        if (_capabilities.ClassifierAddressGroup) return;
        foreach (var pod in _policiesBySelector.Of(selector).SelectMany(PodsOf)) _dirtyPods.Add(pod.Uid);
    }

    private void SetPart(Draft draft, PolicyId id, PolicyPart? part)
    {
        if (_policies.Remove(id, out var old))
        {
            foreach (var (key, _) in old.Groups.Where(group => part?.Groups.ContainsKey(group.Key) is not true)) draft.SetGroup(key, null, null);
            Release(old.Uses);
            foreach (var name in old.Policy.SecurityPolicies.Concat(old.Policy.Shadows)) _policiesByInspection.Remove(name, id);
            foreach (var selector in old.Speaks) _policiesBySelector.Remove(selector, id);
            _opensServicesOfAll.Remove(id);
            draft.Problems.Remove(id);
        }
        if (part is null) return;
        _policies[id] = part;
        foreach (var (key, group) in part.Groups) draft.SetGroup(key, group, part.Inspected.TryGetValue(key, out var inspected) ? inspected : null);
        Use(part.Uses);
        foreach (var name in part.Policy.SecurityPolicies.Concat(part.Policy.Shadows)) _policiesByInspection.Add(name, id);
        foreach (var selector in part.Speaks) _policiesBySelector.Add(selector, id);
        if (part.OpensServicesOfAll) _opensServicesOfAll.Add(id);
        if (!part.Problems.IsEmpty) draft.Problems[id] = part.Problems;
    }

    private void SetPart(Draft draft, string uid, PodPart? part)
    {
        if (_pods.Remove(uid, out var old))
        {
            foreach (var (key, _) in old.Ports.Where(port => part?.Ports.ContainsKey(port.Key) is not true)) draft.Set(draft.Ports, key, null);
            if (part?.Pair is null) draft.Set(draft.PortPairs, Key.Pair(uid), null);
            foreach (var (key, steered) in old.Classifiers.Where(steered => part?.Classifiers.ContainsKey(steered.Key) is not true))
            {
                draft.Set(draft.FlowClassifiers, key, null);
                Chain(steered.Firewall, chain => chain with { Classifiers = chain.Classifiers.Remove(key) });
            }
            if (old.Pod.Firewall is { } left && _capabilities.ServiceChaining) Chain(left, chain => chain with { Instances = chain.Instances.Remove(uid) });
            draft.PortPrerequisites.Remove(Key.Port(uid));
            Release(old.Uses);
            Count(old.Limit, -1);
        }
        if (part is null) return;
        _pods[uid] = part;
        foreach (var (key, port) in part.Ports) draft.Set(draft.Ports, key, port);
        if (part.Pair is not null) draft.Set(draft.PortPairs, Key.Pair(uid), part.Pair);
        foreach (var (key, steered) in part.Classifiers)
        {
            draft.Set(draft.FlowClassifiers, key, steered.Classifier);
            // Whose key it is, its firewall too: a chain that keeps its classifiers is not touched.
            if (old?.Classifiers.ContainsKey(key) is not true) Chain(steered.Firewall, chain => chain with { Classifiers = chain.Classifiers.Add(key) });
        }
        if (part.Pod.Firewall is { } of && _capabilities.ServiceChaining) Chain(of, chain => chain with { Instances = chain.Instances.Add(uid) });
        if (!part.Prerequisites.IsEmpty) draft.PortPrerequisites[Key.Port(uid)] = part.Prerequisites;
        Use(part.Uses);
        Count(part.Limit, 1);
    }

    private void Chain(string firewall, Func<ChainParts, ChainParts> change)
    {
        _chains[firewall] = change(_chains.GetValueOrDefault(firewall, ChainParts.None));
        _dirtyChains.Add(firewall);
    }

    private void SetChain(Draft draft, string firewall)
    {
        var parts = _chains[firewall];
        if (parts.Instances.IsEmpty && parts.Classifiers.IsEmpty)
        {
            _chains.Remove(firewall);
            draft.Set(draft.PortPairGroups, Key.Group(firewall), null);
            draft.Set(draft.PortChains, Key.Chain(firewall), null);
            return;
        }
        draft.Set(draft.PortPairGroups, Key.Group(firewall), new PortPairGroup
        {
            Name = firewall,
            Description = Mark(Key.Group(firewall)),
            PortPairs = [.. parts.Instances.Where(uid => !_placed[uid].Leaving).Select(uid => Key.Reference(Key.Pair(uid)))],
        });
        draft.Set(draft.PortChains, Key.Chain(firewall), new PortChain
        {
            Name = firewall,
            Description = Mark(Key.Chain(firewall)),
            PortPairGroups = [Key.Reference(Key.Group(firewall))],
            FlowClassifiers = [.. parts.Classifiers.Select(Key.Reference)],
            ChainParameters = new ChainParameters { Symmetric = true },
        });
    }

    private AddressGroup AddressGroup(GroupUse use)
    {
        var (name, addresses) = use.Selector is { } selector
            ? (selector.Key, AddressesOf(selector))
            : ($"outside, of {use.Outside}", PrefixSet.Subtract(use.Outside!.Value, _options.PodPrefixes));
        return new AddressGroup
        {
            Name = name.Length > 255 ? name[..255] : name,
            Description = Mark(use.Key),
            Addresses = [.. addresses.Select(address => address.ToString())],
        };
    }

    private IEnumerable<Prefix> AddressesOf(PeerSelector selector) => _around.Intent.Members[selector].SelectMany(pod => _addressesOfPod(pod.Uid)).Distinct();

    private IEnumerable<Pod> PodsOf(PolicyId id) => _around.Intent.PoliciesById.TryGetValue(id, out var policy)
        ? policy.Variants.SelectMany(variant => _around.Intent.PodsOf(policy, variant))
        : [];

    private void Use(IEnumerable<GroupUse> uses)
    {
        foreach (var use in uses)
        {
            var count = _groups.TryGetValue(use.Key, out var known) ? known.Count : 0;
            _groups[use.Key] = (use, count + 1);
            if (count == 0) _dirtyGroups.Add(use.Key);
        }
    }

    private void Release(IEnumerable<GroupUse> uses)
    {
        foreach (var use in uses)
        {
            var left = _groups[use.Key].Count - 1;
            if (left > 0) _groups[use.Key] = (use, left);
            else _groups.Remove(use.Key);
            if (left == 0) _dirtyGroups.Add(use.Key);
        }
    }

    private void Count(Bandwidth? limit, int pods)
    {
        if (limit is null) return;
        var count = _limits.GetValueOrDefault(limit) + pods;
        if (count > 0) _limits[limit] = count;
        else _limits.Remove(limit);
        _dirtyLimits.Add(limit);
    }

    private void AllowAll(Draft draft, string key, string direction) => draft.SetGroup(key, PolicyDesign.Group(_around, key, key, [
        new SecurityGroupRule { Direction = direction, Ethertype = "IPv4" },
        new SecurityGroupRule { Direction = direction, Ethertype = "IPv6" }]), null);

    private Surroundings Around(ClusterIntent intent) => new(intent, _capabilities, _options, _inspections, _services, AddressesOf);

    private string Mark(string key) => Key.Mark(_options.ClusterName, key);

    private static ImmutableSortedDictionary<string, T> Sorted<T>(IEnumerable<(string Key, T Value)> items) =>
        items.ToImmutableSortedDictionary(item => item.Key, item => item.Value, StringComparer.Ordinal);

    /// <summary>What goes through one firewall.</summary>
    private sealed record ChainParts(ImmutableSortedSet<string> Instances, ImmutableSortedSet<string> Classifiers)
    {
        public static readonly ChainParts None = new(
            ImmutableSortedSet.Create<string>(StringComparer.Ordinal), ImmutableSortedSet.Create<string>(StringComparer.Ordinal));
    }
}
