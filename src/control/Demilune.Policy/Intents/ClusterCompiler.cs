using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>Which parts of a <see cref="ClusterIntent"/> are other than before, or new, or gone.</summary>
/// <param name="Pods">UIDs.</param>
/// <param name="Selectors">With the UIDs of those who joined, left or changed since.</param>
public sealed record IntentChanges(
    IReadOnlySet<PolicyId> Policies, IReadOnlySet<string> Pods, IReadOnlyDictionary<PeerSelector, HashSet<string>> Selectors)
{
    public static readonly IntentChanges None = new(new HashSet<PolicyId>(), new HashSet<string>(), new Dictionary<PeerSelector, HashSet<string>>());
}

/// <summary>NetworkPolicy semantics of a cluster that changes: told what is now, it works out anew only what that touches.</summary>
/// <remarks>
/// <code>
///  namespace, pod ─► selections (who is behind a selector) ─► policies whose named ports mean other numbers ─► pods that these select
///  policy, node ──────────────────────────────────────────────┘
/// </code>
/// What comes out depends only on what is there, never on how it came to be there. Single owner, not thread-safe.
/// </remarks>
public sealed class ClusterCompiler
{
    private readonly SelectionTable _selections;
    private readonly Dictionary<string, Pod> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Entry> _policies = [];

    /// <summary>UID → what each policy that selects the pod means there.</summary>
    private readonly Dictionary<string, SortedDictionary<PolicyId, string>> _selecting = new(StringComparer.Ordinal);

    private HashSet<PolicyId> _dirtyPolicies = [];
    private HashSet<string> _dirtyPods = new(StringComparer.Ordinal);
    private Dictionary<PeerSelector, HashSet<string>> _dirtySelectors = [];
    private readonly HashSet<(PolicyId, string)> _dirtyGroups = [];

    /// <summary>Those that were not spoken of for a while, in which nobody noted who moved.</summary>
    private readonly HashSet<PeerSelector> _interrupted = [];

    public ClusterCompiler() => _selections = new SelectionTable(Moved);

    /// <summary>As of the last <see cref="Settle"/>.</summary>
    public ClusterIntent Intent { get; private set; } = ClusterIntent.Empty;

    /// <param name="labels">Null: it is gone. Its pods and policies, if there are any, are then in one without labels.</param>
    public void SetNamespace(string name, ImmutableDictionary<string, string>? labels) => _selections.SetNamespace(name, labels);

    /// <param name="node">Null: it is gone.</param>
    public void SetNode(string name, Node? node)
    {
        if (node is null) _nodes.Remove(name);
        else _nodes[name] = node;
        foreach (var (id, entry) in _policies)
            if (entry.NamesNodes) _dirtyPolicies.Add(id);
    }

    /// <param name="pod">Null: it is gone. A pod with the UID of another replaces it.</param>
    public void SetPod(string uid, Pod? pod)
    {
        var old = _pods.GetValueOrDefault(uid);
        if (pod is null ? old is null : old?.SaysTheSame(pod) is true) return;
        if (pod is null) _pods.Remove(uid);
        else _pods[uid] = pod;
        _dirtyPods.Add(uid);
        if (old is not null && pod is not null && old.Name.Namespace == pod.Name.Namespace)
        {
            _selections.SetPod(old, pod);
            return;
        }
        if (old is not null) _selections.SetPod(old, null);
        if (pod is not null) _selections.SetPod(null, pod);
    }

    /// <param name="policy">Null: it is gone.</param>
    public void SetPolicy(PolicyId id, NetworkPolicy? policy)
    {
        if (_policies.Remove(id, out var old)) Forget(id, old);
        _dirtyPolicies.Add(id);
        if (policy is null) return;
        var subjects = _selections.Use(PolicyCompiler.Subjects(policy));
        subjects.Subjects.Add(id);
        var entry = _policies[id] = new Entry(policy, subjects);
        foreach (var pod in subjects.Members) Select(id, entry, null, pod);
    }

    /// <summary>The selectors of <see cref="ClusterIntent.Members"/> that a pod is behind.</summary>
    public IEnumerable<PeerSelector> SelectorsOf(string podUid) => !_pods.TryGetValue(podUid, out var pod) ? [] : _selections.Of(pod)
        .Where(selection => selection.Speakers.Count > 0).Select(selection => selection.Selector);

    /// <summary>Works out what the changes since the last time come to.</summary>
    public IntentChanges Settle()
    {
        var policies = Intent.PoliciesById.ToBuilder();
        foreach (var id in _dirtyPolicies)
        {
            if (!_policies.TryGetValue(id, out var entry))
            {
                policies.Remove(id);
                continue;
            }
            policies[id] = entry.Intent = Compile(id, entry);
            foreach (var pod in entry.Subjects.Members) _dirtyPods.Add(pod.Uid);
        }
        var pods = Intent.PodsByUid.ToBuilder();
        foreach (var uid in _dirtyPods)
            if (_pods.TryGetValue(uid, out var pod)) pods[uid] = IntentOf(pod);
            else pods.Remove(uid);
        var members = Intent.Members.ToBuilder();
        foreach (var selector in _interrupted)
        {
            ImmutableArray<Pod> before = Intent.Members.GetValueOrDefault(selector, []), now = _selections.Find(selector) is { Speakers.Count: > 0 } spoken ? spoken.Members : [];
            _dirtySelectors[selector].UnionWith(before.Except(now).Concat(now.Except(before)).Select(pod => pod.Uid));
        }
        _interrupted.Clear();
        foreach (var selector in _dirtySelectors.Keys)
            if (_selections.Find(selector) is { Speakers.Count: > 0 } selection) members[selector] = selection.Members;
            else members.Remove(selector);
        var selected = Intent.Selected.ToBuilder();
        foreach (var (id, resolution) in _dirtyGroups)
            if (_policies.TryGetValue(id, out var entry) && entry.Groups.TryGetValue(resolution, out var group)) selected[(id, resolution)] = [.. group.Values];
            else selected.Remove((id, resolution));
        Intent = new ClusterIntent
        {
            PoliciesById = policies.ToImmutable(), PodsByUid = pods.ToImmutable(), Members = members.ToImmutable(), Selected = selected.ToImmutable(),
        };
        var changes = new IntentChanges(_dirtyPolicies, _dirtyPods, _dirtySelectors);
        (_dirtyPolicies, _dirtyPods, _dirtySelectors) = ([], new(StringComparer.Ordinal), []);
        _dirtyGroups.Clear();
        return changes;
    }

    private PolicyIntent Compile(PolicyId id, Entry entry)
    {
        var asked = new PeerIndex(this);
        var intent = PolicyCompiler.Compile(entry.Policy, entry.Groups.Select(group => (group.Key, group.Value.Values[0])), asked);
        var spoken = intent.Variants.SelectMany(variant => variant.Allowances).Select(allowance => allowance.Peers)
            .OfType<Peers.Selected>().Select(peers => peers.Selector).ToHashSet();
        foreach (var selection in asked.Selections) selection.Askers.Add(id);
        foreach (var selector in spoken) Speak(id, _selections.Use(selector));
        foreach (var selection in entry.Asked.Except(asked.Selections).ToList())
        {
            selection.Askers.Remove(id);
            _selections.Release(selection);
        }
        foreach (var selector in entry.Spoken.Except(spoken)) Hush(id, _selections.Find(selector)!);
        (entry.Asked, entry.Spoken) = (asked.Selections, spoken);
        return intent;
    }

    private PodIntent IntentOf(Pod pod)
    {
        var policies = (_selecting.GetValueOrDefault(pod.Uid) ?? []).Select(pair =>
        {
            var intent = _policies[pair.Key].Intent!;
            return (intent, intent.Variants.First(variant => variant.Resolution == pair.Value));
        }).ToImmutableArray();
        return new PodIntent(pod, policies.Any(pair => pair.intent.IsolatesIngress), policies.Any(pair => pair.intent.IsolatesEgress), policies);
    }

    private void Moved(Selection selection, Pod? left, Pod? joined)
    {
        if (selection.Speakers.Count > 0) Touch(selection).Add((left ?? joined)!.Uid);
        if (selection.Move(left, joined)) _dirtyPolicies.UnionWith(selection.Askers);
        foreach (var id in selection.Subjects) Select(id, _policies[id], left, joined);
    }

    /// <summary>A policy no longer selects <paramref name="left"/>, and selects <paramref name="joined"/> from now on.</summary>
    private void Select(PolicyId id, Entry entry, Pod? left, Pod? joined)
    {
        if (left is not null)
        {
            var resolution = _selecting[left.Uid][id];
            _selecting[left.Uid].Remove(id);
            if (_selecting[left.Uid].Count == 0) _selecting.Remove(left.Uid);
            entry.Groups[resolution].Remove(left.Uid);
            if (entry.Groups[resolution].Count == 0)
            {
                entry.Groups.Remove(resolution);
                _dirtyPolicies.Add(id);
            }
            _dirtyGroups.Add((id, resolution));
            _dirtyPods.Add(left.Uid);
        }
        if (joined is not null)
        {
            var resolution = PolicyCompiler.Resolution(joined, entry.Names);
            if (!_selecting.TryGetValue(joined.Uid, out var of)) _selecting[joined.Uid] = of = [];
            of[id] = resolution;
            if (!entry.Groups.TryGetValue(resolution, out var group))
            {
                entry.Groups[resolution] = group = new(StringComparer.Ordinal);
                _dirtyPolicies.Add(id);
            }
            group[joined.Uid] = joined;
            _dirtyGroups.Add((id, resolution));
            _dirtyPods.Add(joined.Uid);
        }
    }

    private void Forget(PolicyId id, Entry entry)
    {
        foreach (var pod in entry.Subjects.Members) Select(id, entry, pod, null);
        entry.Subjects.Subjects.Remove(id);
        _selections.Release(entry.Subjects);
        foreach (var selection in entry.Asked)
        {
            selection.Askers.Remove(id);
            _selections.Release(selection);
        }
        foreach (var selector in entry.Spoken) Hush(id, _selections.Find(selector)!);
    }

    private HashSet<string> Touch(Selection selection)
    {
        if (!_dirtySelectors.TryGetValue(selection.Selector, out var moved)) _dirtySelectors[selection.Selector] = moved = new(StringComparer.Ordinal);
        return moved;
    }

    private void Interrupt(Selection selection)
    {
        Touch(selection);
        _interrupted.Add(selection.Selector);
    }

    private void Speak(PolicyId id, Selection selection)
    {
        if (selection.Speakers.Count == 0) Interrupt(selection);
        selection.Speakers.Add(id);
    }

    private void Hush(PolicyId id, Selection selection)
    {
        selection.Speakers.Remove(id);
        if (selection.Speakers.Count == 0) Interrupt(selection);
        _selections.Release(selection);
    }

    /// <summary>A policy, and all that it holds on to.</summary>
    private sealed class Entry(NetworkPolicy policy, Selection subjects)
    {
        public NetworkPolicy Policy { get; } = policy;

        public Selection Subjects { get; } = subjects;

        public ImmutableArray<PolicyPort.Named> Names { get; } = PolicyCompiler.NamesOf(policy);

        public bool NamesNodes { get; } = policy.Ingress.Concat(policy.Egress).SelectMany(rule => rule.Peers ?? []).Any(peer => peer is PolicyPeer.Nodes);

        /// <summary>The selected pods by what <see cref="Names"/> mean on them, then by UID.</summary>
        public Dictionary<string, SortedList<string, Pod>> Groups { get; } = new(StringComparer.Ordinal);

        public HashSet<Selection> Asked { get; set; } = [];

        public HashSet<PeerSelector> Spoken { get; set; } = [];

        public PolicyIntent? Intent { get; set; }
    }

    /// <summary>Answers one policy, and remembers what it asked.</summary>
    private sealed class PeerIndex(ClusterCompiler compiler) : IPeerIndex
    {
        public HashSet<Selection> Selections { get; } = [];

        public IEnumerable<ushort> NumbersOf(PeerSelector selector, PolicyPort.Named port)
        {
            var selection = compiler._selections.Use(selector);
            Selections.Add(selection);
            return selection.NumbersOf(port);
        }

        public IEnumerable<Prefix> AddressesOf(LabelSelector nodes) =>
            compiler._nodes.Values.Where(node => nodes.Matches(node.Labels)).SelectMany(node => node.Addresses).Distinct().Order();
    }
}
