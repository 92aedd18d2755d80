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
        var holder = state.Holder(ProviderNetworks.NumberKey((int)networkNumber));
        var subnets = state.Find<Network>(holder) is { } network ? state.Referrers<Subnet>(network.Id)
            : state.Find<Router>(holder) is { } router ? Domains.SubnetsOf(state, router) : [];
        foreach (var subnet in subnets)
            if (state.Find<Port>(state.Holder(Ports.AddressKey(subnet.Id, address))) is { } port && Of(port) is ({ Length: > 0 } space, var name))
                return $"{space}/{name}";
        return null;
    }
}
