using Demilune.Contracts.Nodes;
using k8s.Models;

namespace Demilune.Orchestrator;

/// <summary>Where each node's tunnels end: at the first internal address that Kubernetes has of it. Pure.</summary>
internal static class TunnelEnds
{
    public static NodeTunnels Of(TunnelOptions options, IEnumerable<V1Node> nodes) => new(options.Port, options.Mtu, nodes.ToDictionary(
        node => node.Metadata.Name, IReadOnlyList<string> (node) => [.. (node.Status?.Addresses ?? []).Where(address => address.Type == "InternalIP").Select(address => address.Address)],
        StringComparer.Ordinal));

    public static bool Same(NodeTunnels? one, NodeTunnels? other) => ReferenceEquals(one, other) || (one is not null && other is not null
        && (one.Port, one.Mtu, one.Nodes.Count) == (other.Port, other.Mtu, other.Nodes.Count)
        && one.Nodes.All(node => other.Nodes.TryGetValue(node.Key, out var addresses) && node.Value.SequenceEqual(addresses)));
}
