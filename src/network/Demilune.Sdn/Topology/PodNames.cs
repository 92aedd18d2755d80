using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Topology;

/// <summary>Which pod a port is of: the port's name is "namespace/name", with ":in" or ":out" behind it for a firewall's two.</summary>
internal static class PodNames
{
    public static (string Namespace, string Name) Of(Port port)
    {
        var text = port.Name ?? "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0) text = text[..colon];
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", text) : (text[..slash], text[(slash + 1)..]);
    }

    public static string? Find(NetworkState state, uint networkNumber, string address)
    {
        if (state.Find<Network>(state.Holder(ProviderNetworks.NumberKey((int)networkNumber))) is not { } network) return null;
        foreach (var subnet in state.Referrers<Subnet>(network.Id))
            if (state.Find<Port>(state.Holder(Ports.AddressKey(subnet.Id, address))) is { } port && Of(port) is ({ Length: > 0 } space, var name))
                return $"{space}/{name}";
        return null;
    }
}
