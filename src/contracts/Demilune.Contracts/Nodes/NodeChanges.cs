using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Demilune.Contracts.Nodes;

/// <summary>The difference of two states of a node, and its application. Pure; a state is never edited, objects that stay are shared.</summary>
/// <remarks>Law: <c>Apply(from, Between(from, to))</c> has the objects of <c>to</c>, in order of their keys. The agent's own combinations are no part of it.</remarks>
public static class NodeChanges
{
    /// <returns>Null: the same objects, in whatever order.</returns>
    public static NodeChange? Between(NodeState from, NodeState to)
    {
        var change = new NodeChange { Base = from.Revision, Put = new() { Revision = to.Revision }, Removed = new() };
        var isNews = Differ(Ports, from, to, change) | Differ(Groups, from, to, change) | DifferInMembers(from, to, change) | Differ(Classifiers, from, to, change)
            | Differ(Chains, from, to, change) | Differ(Firewalls, from, to, change) | Differ(Policies, from, to, change) | Differ(Identities, from, to, change)
            | Differ(RemoteNodes, from, to, change) | Differ(Routers, from, to, change) | DifferInRouting(from, to, change) | DifferInOverlay(from, to, change);
        return isNews ? change : null;
    }

    /// <exception cref="ArgumentException">The change builds on another state.</exception>
    public static NodeState Apply(NodeState state, NodeChange change)
    {
        if (change.Base != state.Revision) throw new ArgumentException($"a change of revision {change.Base} does not fit revision {state.Revision}");
        var put = change.Put ?? new();
        var removed = change.Removed ?? new();
        NodeState next = new() { Revision = put.Revision, Combinations = { put.Combinations.Count > 0 ? put.Combinations : state.Combinations } };
        Merge(Ports, state, put, removed, next);
        Merge(Groups, state, put, removed, next);
        Merge(Sets, state, put, removed, next);
        Merge(Classifiers, state, put, removed, next);
        Merge(Chains, state, put, removed, next);
        Merge(Firewalls, state, put, removed, next);
        Merge(Policies, state, put, removed, next);
        Merge(Identities, state, put, removed, next);
        Merge(RemoteNodes, state, put, removed, next);
        Merge(Routers, state, put, removed, next);
        next.Routing = removed.Routing ? null : put.Routing ?? state.Routing;
        next.Overlay = removed.Overlay ? null : put.Overlay ?? state.Overlay;
        var changed = change.Members.ToDictionary(set => set.Id);
        for (var i = 0; changed.Count > 0 && i < next.AddressSets.Count; i++)
            if (changed.Remove(next.AddressSets[i].Id, out var members)) next.AddressSets[i] = Apply(next.AddressSets[i], members);
        return changed.Count == 0 ? next : throw new ArgumentException($"a change of address set {changed.Keys.First()}, which is not in the state");
    }

    /// <summary>The same objects under other combinations.</summary>
    public static NodeState With(NodeState state, IEnumerable<PolicyCombination> combinations)
    {
        NodeState next = new() { Revision = state.Revision, Combinations = { combinations }, Routing = state.Routing, Overlay = state.Overlay };
        next.Ports.AddRange(state.Ports);
        next.SecurityGroups.AddRange(state.SecurityGroups);
        next.AddressSets.AddRange(state.AddressSets);
        next.Classifiers.AddRange(state.Classifiers);
        next.Chains.AddRange(state.Chains);
        next.Firewalls.AddRange(state.Firewalls);
        next.SecurityPolicies.AddRange(state.SecurityPolicies);
        next.Identities.AddRange(state.Identities);
        next.RemoteNodes.AddRange(state.RemoteNodes);
        next.Routers.AddRange(state.Routers);
        return next;
    }

    /// <summary>What tells one identity from another.</summary>
    public static string KeyOf(Identity identity) =>
        $"{identity.PodNamespace}/{identity.PodName} {identity.Network} {string.Join(',', identity.Addresses)}";

    /// <summary>What tells one remote node from another: it is told of once for each network.</summary>
    public static string KeyOf(RemoteNode node) => $"{node.Name} {node.Network}";

    /// <summary>One list of a state.</summary>
    private sealed record Part<T>(Func<NodeState, RepeatedField<T>> Of, Func<T, string> Key, Func<NodeKeys, RepeatedField<string>> Removed) where T : class, IMessage<T>;

    private static Part<Port> Ports { get; } = new(state => state.Ports, port => port.Id, keys => keys.Ports);
    private static Part<SecurityGroup> Groups { get; } = new(state => state.SecurityGroups, group => group.Id, keys => keys.SecurityGroups);
    private static Part<AddressSet> Sets { get; } = new(state => state.AddressSets, set => set.Id, keys => keys.AddressSets);
    private static Part<FlowClassifier> Classifiers { get; } = new(state => state.Classifiers, classifier => classifier.Id, keys => keys.Classifiers);
    private static Part<PortChain> Chains { get; } = new(state => state.Chains, chain => chain.Id, keys => keys.Chains);
    private static Part<Firewall> Firewalls { get; } = new(state => state.Firewalls, firewall => firewall.PodUid, keys => keys.Firewalls);
    private static Part<SecurityPolicy> Policies { get; } = new(state => state.SecurityPolicies, policy => policy.Name, keys => keys.SecurityPolicies);
    private static Part<Identity> Identities { get; } = new(state => state.Identities, KeyOf, keys => keys.Identities);

    private static Part<RemoteNode> RemoteNodes { get; } = new(state => state.RemoteNodes, KeyOf, keys => keys.RemoteNodes);
    private static Part<Router> Routers { get; } = new(state => state.Routers, router => router.Id, keys => keys.Routers);

    private static bool Differ<T>(Part<T> part, NodeState from, NodeState to, NodeChange change) where T : class, IMessage<T>
    {
        // Most lists are the same objects in the same order.
        var (before, after) = (part.Of(from), part.Of(to));
        if (before.Count == after.Count && before.Zip(after).All(pair => ReferenceEquals(pair.First, pair.Second))) return false;
        var known = ByKey(part, before);
        var (put, gone) = (part.Of(change.Put), part.Removed(change.Removed));
        foreach (var one in ByKey(part, after))
            if (!known.Remove(one.Key, out var former) || !former.Equals(one.Value)) put.Add(one.Value);
        gone.AddRange(known.Keys);
        return put.Count + gone.Count > 0;
    }

    private static bool DifferInMembers(NodeState from, NodeState to, NodeChange change)
    {
        if (!Differ(Sets, from, to, change)) return false;
        var known = ByKey(Sets, from.AddressSets);
        for (var i = change.Put.AddressSets.Count - 1; i >= 0; i--)
        {
            var set = change.Put.AddressSets[i];
            if (!known.TryGetValue(set.Id, out var former)) continue;
            var members = former.Prefixes.ToHashSet(StringComparer.Ordinal);
            AddressSetChange moved = new() { Id = set.Id, Added = { set.Prefixes.Where(prefix => !members.Remove(prefix)) } };
            moved.Removed.AddRange(members);
            // The same members in another order are told whole: whoever made the two states made them so.
            if (moved.Added.Count + moved.Removed.Count is 0 || moved.Added.Count + moved.Removed.Count > set.Prefixes.Count) continue;
            change.Members.Add(moved);
            change.Put.AddressSets.RemoveAt(i);
        }
        return true;
    }

    private static bool DifferInRouting(NodeState from, NodeState to, NodeChange change)
    {
        if (Equals(from.Routing, to.Routing)) return false;
        (change.Put.Routing, change.Removed.Routing) = (to.Routing, to.Routing is null);
        return true;
    }

    private static bool DifferInOverlay(NodeState from, NodeState to, NodeChange change)
    {
        if (Equals(from.Overlay, to.Overlay)) return false;
        (change.Put.Overlay, change.Removed.Overlay) = (to.Overlay, to.Overlay is null);
        return true;
    }

    private static AddressSet Apply(AddressSet set, AddressSetChange change)
    {
        var members = set.Prefixes.ToHashSet(StringComparer.Ordinal);
        members.ExceptWith(change.Removed);
        members.UnionWith(change.Added);
        return new() { Id = set.Id, Prefixes = { members.Order(StringComparer.Ordinal) } };
    }

    private static void Merge<T>(Part<T> part, NodeState state, NodeState put, NodeKeys removed, NodeState next) where T : class, IMessage<T>
    {
        var (news, gone) = (part.Of(put), part.Removed(removed));
        if (news.Count + gone.Count == 0)
        {
            part.Of(next).AddRange(part.Of(state));
            return;
        }
        var objects = ByKey(part, part.Of(state));
        foreach (var key in gone) objects.Remove(key);
        foreach (var one in news) objects[part.Key(one)] = one;
        part.Of(next).AddRange(objects.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value));
    }

    private static Dictionary<string, T> ByKey<T>(Part<T> part, RepeatedField<T> objects) where T : class, IMessage<T>
    {
        Dictionary<string, T> byKey = new(objects.Count, StringComparer.Ordinal);
        foreach (var one in objects) byKey[part.Key(one)] = one;
        return byKey;
    }
}
