using Demilune.Contracts.Nodes;

namespace Demilune.Sdn.Topology;

/// <summary>What a node is told so that its pods and the others' reach each other through tunnels. Pure.</summary>
/// <remarks>
/// Every pod of every network: one that no policy isolates may speak to any other, and so may the node itself. An address costs a node some 20 bytes and
/// a row, and is told of once, when it comes or goes.
/// </remarks>
internal static class Tunnels
{
    public static void Add(NodeState composed, string node, NodeTunnels tunnels, Placement placement)
    {
        // Whom nobody can reach reaches nobody.
        if (!tunnels.Nodes.TryGetValue(node, out var own) || own.Count == 0) return;
        composed.Overlay = new() { Addresses = { own }, Port = (uint)tunnels.Port, Mtu = (uint)tunnels.Mtu, Prefixes = { placement.Prefixes } };
        // A domain is spoken of where it has pods.
        var domains = composed.Routers.Select(router => router.Number).ToHashSet();
        var remotes = from other in tunnels.Nodes
                      where other.Key != node && other.Value.Count > 0
                      from network in placement.Networks
                      where placement.IsNetwork(network) || domains.Contains(network)
                      select new RemoteNode { Name = other.Key, Network = network, Addresses = { other.Value }, AddressSet = placement.Of(other.Key, network)?.Id ?? "" };
        composed.RemoteNodes.AddRange(remotes.OrderBy(NodeChanges.KeyOf, StringComparer.Ordinal));
        composed.AddressSets.AddRange(composed.RemoteNodes.Select(remote => placement.Of(remote.Name, remote.Network)).OfType<AddressSet>().OrderBy(set => set.Id, StringComparer.Ordinal));
    }
}
