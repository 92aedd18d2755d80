using Demilune.Neutron;
using Demilune.Sdn.Resources;
using Demilune.Sdn.Topology;

namespace Demilune.Sdn;

/// <summary>
/// Which nodes have an interface to the outside, and which of them gets a router's gateway. Where one is, is kept as the host that its port is bound to; it stays
/// there until the node itself says that it has no such interface any more, or an administrator binds it elsewhere: two nodes with one address would
/// be worse than none. Not synchronised.
/// </summary>
internal sealed class GatewayNodes
{
    private readonly Dictionary<string, bool> _words = new(StringComparer.Ordinal);

    /// <returns>False: the node said so before.</returns>
    public bool Take(string node, bool hasInterface)
    {
        if (_words.TryGetValue(node, out var before) && before == hasInterface) return false;
        _words[node] = hasInterface;
        return true;
    }

    /// <summary>A gateway that no node has.</summary>
    public static bool IsUnplaced(Resource resource) => resource is Port { HostId: null or "" } port && Gateways.IsGateway(port);

    /// <summary>Gives each gateway that no node has, or one that says that it cannot, to the node with the fewest.</summary>
    public void Place(Draft draft)
    {
        var counts = _words.Where(word => word.Value).ToDictionary(word => word.Key, _ => 0, StringComparer.Ordinal);
        List<Port> unplaced = [];
        foreach (var port in draft.State.All<Port>().Where(Gateways.IsGateway).OrderBy(port => port.Id, StringComparer.Ordinal))
            if (port.HostId is { Length: > 0 } host && _words.GetValueOrDefault(host, true))
            {
                if (counts.TryGetValue(host, out var count)) counts[host] = count + 1;
            }
            else
            {
                unplaced.Add(port);
            }
        foreach (var port in unplaced)
        {
            var host = counts.Count == 0 ? "" : counts.OrderBy(node => node.Value).ThenBy(node => node.Key, StringComparer.Ordinal).First().Key;
            if (host == (port.HostId ?? "")) continue;
            if (host.Length > 0) counts[host]++;
            draft.Put(draft.Revised(Ports.On(port, host)));
        }
    }
}
