using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using FlowClassifier = Demilune.Neutron.FlowClassifier;
using Port = Demilune.Neutron.Port;
using PortChain = Demilune.Neutron.PortChain;
using PortPair = Demilune.Neutron.PortPair;

namespace Demilune.Sdn.Topology;

/// <summary>What the firewalls of a node have to know that are hops of another switch's chains: every flow that may come, wherever its pods are.</summary>
internal static class RoutedFlows
{
    /// <returns>Null: no firewall of this node is one.</returns>
    public static Routing? Of(NetworkState state, string node)
    {
        var hops = state.Referrers<Port>(Resources.Ports.NodeReference(node))
            .Where(port => port.DeviceOwner is DeviceOwners.FirewallIn && Bindings.Of(state, port) is not null).ToList();
        if (hops.Count == 0) return null;
        var classifiers = hops.SelectMany(port => state.Referrers<PortPair>(port.Id)).DistinctBy(pair => pair.Id)
            .SelectMany(pair => state.Referrers<PortPairGroup>(pair.Id)).DistinctBy(group => group.Id)
            .SelectMany(group => state.Referrers<PortChain>(group.Id)).DistinctBy(chain => chain.Id)
            .SelectMany(chain => (chain.FlowClassifiers ?? []).Select(state.Find<FlowClassifier>).OfType<FlowClassifier>().Select(classifier => (classifier, chain)))
            .DistinctBy(entry => entry.classifier.Id).OrderBy(entry => entry.classifier.Id, StringComparer.Ordinal).ToList();
        var ends = classifiers.SelectMany(entry => (string?[])[entry.classifier.LogicalSourcePort, entry.classifier.LogicalDestinationPort])
            .Distinct(StringComparer.Ordinal).Select(state.Find<Port>).OfType<Port>().OrderBy(port => port.Id, StringComparer.Ordinal);
        return new()
        {
            Flows = { classifiers.Select(entry => Chains.ClassifierOf(entry.classifier, entry.chain)) },
            Neighbours = { ends.SelectMany(port => (port.FixedIps ?? []).Select(ip => new Neighbour { Address = ip.IpAddress, Mac = port.MacAddress ?? "" })) },
        };
    }
}
