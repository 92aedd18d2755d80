using System.Collections.Frozen;
using System.Net.NetworkInformation;
using Demilune.Contracts.FirewallLink;
using Demilune.Wire.Ip;

namespace Demilune.Firewall.Routing;

/// <summary>Turns the agent's words into a table.</summary>
internal static class RoutingIntake
{
    /// <remarks>What makes no sense is left out: its flows are then dropped, and nobody else's.</remarks>
    public static RoutingTable Read(EngineRouting routing)
    {
        var neighbours = new Dictionary<IpAddress, ulong>();
        foreach (var one in routing.Neighbours)
            if (IpAddress.TryParse(one.Address, out var address) && TryReadMac(one.Mac, out var mac)) neighbours[address] = mac;
        var flows = new Dictionary<(IpAddress, IpAddress), List<RoutedFlow>>();
        foreach (var flow in routing.Flows)
        {
            if (!IpAddress.TryParse(flow.Source, out var source) || !IpAddress.TryParse(flow.Destination, out var destination)
                || flow.Protocol is < 0 or > 255 || flow.FirstPort is < 0 or > ushort.MaxValue || flow.LastPort is < 0 or > ushort.MaxValue) continue;
            if (!flows.TryGetValue((source, destination), out var list)) flows[(source, destination)] = list = [];
            list.Add(new((byte)flow.Protocol, (ushort)flow.FirstPort, (ushort)flow.LastPort, flow.Tag));
        }
        return new(neighbours.ToFrozenDictionary(), flows.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToArray()));
    }

    private static bool TryReadMac(string text, out ulong mac)
    {
        mac = 0;
        if (!PhysicalAddress.TryParse(text, out var parsed) || parsed.GetAddressBytes() is not { Length: 6 } bytes) return false;
        foreach (var one in bytes) mac = (mac << 8) | one;
        return true;
    }
}
