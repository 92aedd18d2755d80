using Demilune.Neutron;
using FlowClassifier = Demilune.Neutron.FlowClassifier;
using Port = Demilune.Neutron.Port;
using PortChain = Demilune.Neutron.PortChain;
using PortPair = Demilune.Neutron.PortPair;
using SecurityGroup = Demilune.Neutron.SecurityGroup;
using SecurityGroupRule = Demilune.Neutron.SecurityGroupRule;

namespace Demilune.Sdn.Topology;

/// <summary>Which nodes a change concerns: those of whose state the object, before or after, is a part. Pure.</summary>
/// <remarks>
/// It follows references the way <see cref="NodeTopology"/> reads them, backwards. A node too many composes its state in vain; one too few would go on with
/// an old one: so whatever a node's state is made of has to be here, and a law holds the two together.
/// </remarks>
internal static class Spans
{
    /// <param name="tunnels">Every node is told where every pod is (<see cref="Tunnels"/>).</param>
    /// <returns>Null: all of them.</returns>
    public static IReadOnlySet<string>? Of(NetworkState before, NetworkState after, IReadOnlyCollection<Change> changes, bool tunnels = false)
    {
        if (changes.Any(IsRouting) || (tunnels && changes.Any(change => MovesPods(change, before, after)))) return null;
        HashSet<string> nodes = new(StringComparer.Ordinal);
        var (former, present) = (new Walk(before, nodes), new Walk(after, nodes));
        // A request may write an object several times; what it was before and what it is after is all that counts.
        foreach (var (kind, id) in changes.Select(change => (change.Resource.GetType(), change.Resource.Id)).Distinct())
        {
            if (kind == typeof(PortChain)) OfChain(before.Find<PortChain>(id), after.Find<PortChain>(id), former, present);
            else
            {
                former.From(before.Find(kind, id));
                present.From(after.Find(kind, id));
            }
        }
        return nodes;
    }

    /// <summary>What joins networks, or keeps them apart, concerns whoever has pods in any of them.</summary>
    private static bool IsRouting(Change change) =>
        change.Resource is Router or Subnet or Port { DeviceOwner: Resources.Routers.InterfaceOwner or Resources.Routers.GatewayOwner };

    private static bool MovesPods(Change change, NetworkState before, NetworkState after) => change.Resource switch
    {
        Port { Id: var id } => !SamePlace(Placed(before, id), Placed(after, id)),
        _ => false,
    };

    private static Port? Placed(NetworkState state, string? id) => state.Find<Port>(id) is { } port && Placement.IsTunnelled(port) ? port : null;

    private static bool SamePlace(Port? one, Port? other) => one is null || other is null
        ? one is null && other is null
        : one.HostId == other.HostId && one.NetworkId == other.NetworkId
            && (one.FixedIps ?? []).Select(ip => ip.IpAddress).SequenceEqual((other.FixedIps ?? []).Select(ip => ip.IpAddress));

    // A chain is written with all its classifiers; it concerns the ports of those that came or went.
    private static void OfChain(PortChain? before, PortChain? after, Walk former, Walk present)
    {
        var isOther = before?.Name != after?.Name || !(before?.PortPairGroups ?? []).SequenceEqual(after?.PortPairGroups ?? []);
        foreach (var (chain, other, walk) in new[] { (before, after, former), (after, before, present) })
        {
            if (chain is null) continue;
            walk.FromClassifiers(isOther ? chain.FlowClassifiers ?? [] : (chain.FlowClassifiers ?? []).Except(other?.FlowClassifiers ?? [], StringComparer.Ordinal));
            if (isOther) walk.FromPairGroups(chain.PortPairGroups ?? []);
        }
    }

    private readonly struct Walk(NetworkState state, HashSet<string> nodes)
    {
        public void From(Resource? resource)
        {
            switch (resource)
            {
                case Port port:
                    FromPort(port);
                    // Its addresses are those of its groups' members, where rules name one of them as their remote.
                    foreach (var group in port.SecurityGroups ?? []) FromRemote(group);
                    break;
                case SecurityGroup group:
                    FromGroup(group.Id);
                    break;
                case SecurityGroupRule rule:
                    FromGroup(rule.SecurityGroupId!);
                    break;
                case AddressGroup group:
                    FromRemote(group.Id);
                    foreach (var classifier in state.Referrers<FlowClassifier>(group.Id)) FromClassifier(classifier);
                    break;
                case FlowClassifier classifier:
                    FromClassifier(classifier);
                    break;
                case PortPair pair:
                    FromPair(pair);
                    break;
                case PortPairGroup group:
                    FromPairGroups([group.Id]);
                    break;
                case Network network:
                    foreach (var port in state.Referrers<Port>(network.Id)) FromPort(port);
                    foreach (var port in state.Referrers<Port>(network.Id).Where(port => port.DeviceOwner == Resources.Routers.InterfaceOwner)) FromGateway(port.DeviceId);
                    break;
                case FloatingIp floating:
                    FromGateway(floating.RouterId);
                    break;
                case QosRule rule:
                    From(state.Find<QosPolicy>(rule.QosPolicyId));
                    break;
                case QosPolicy policy:
                    foreach (var port in state.Referrers<Port>(policy.Id)) FromPort(port);
                    foreach (var network in state.Referrers<Network>(policy.Id)) From(network);
                    break;
                default:
                    break;
            }
        }

        public void FromClassifiers(IEnumerable<string> ids)
        {
            foreach (var id in ids)
                if (state.Find<FlowClassifier>(id) is { } classifier) FromClassifier(classifier);
        }

        public void FromPairGroups(IEnumerable<string> ids)
        {
            foreach (var id in ids)
                foreach (var pair in state.Find<PortPairGroup>(id)?.PortPairs ?? [])
                    if (state.Find<PortPair>(pair) is { } found) FromPair(found);
        }

        private void FromPort(Port? port)
        {
            if (port?.HostId is { Length: > 0 } node) nodes.Add(node);
        }

        private void FromGateway(string? router)
        {
            if (state.Find<Router>(router) is { } found) FromPort(Gateways.PortOf(state, found));
        }

        private void FromGroup(string id)
        {
            foreach (var port in state.Referrers<Port>(id)) FromPort(port);
        }

        private void FromRemote(string id)
        {
            foreach (var group in state.Referrers<SecurityGroupRule>(id)
                .Where(rule => rule.RemoteAddressGroupId == id || rule.RemoteGroupId == id).Select(rule => rule.SecurityGroupId!).Distinct(StringComparer.Ordinal)) FromGroup(group);
        }

        private void FromClassifier(FlowClassifier classifier)
        {
            FromPort(state.Find<Port>(classifier.LogicalSourcePort));
            FromPort(state.Find<Port>(classifier.LogicalDestinationPort));
        }

        private void FromPair(PortPair pair)
        {
            FromPort(state.Find<Port>(pair.Ingress));
            FromPort(state.Find<Port>(pair.Egress));
        }
    }
}
