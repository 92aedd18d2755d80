using System.Globalization;
using Demilune.Neutron;

namespace Demilune.Sdn.Resources;

/// <summary>What an administrator says of the wire below a network: checked and kept as a Neutron does.</summary>
/// <remarks>The datapath has one kind of network, "demilune", and numbers all of them itself, whatever their type says.</remarks>
internal static class ProviderNetworks
{
    public const string Own = "demilune";

    /// <summary>The datapath's keys have 16 bits for it.</summary>
    private const int MaxNumber = 65_535;

    private const int MaxVlan = 4_094;

    private const int MaxVni = 0xffffff;

    /// <summary>The network's number in the datapath.</summary>
    public static int NumberOf(Network network) => network.Number ?? network.SegmentationId ?? 0;

    /// <summary>What no two networks have: the number, and the wire.</summary>
    public static IEnumerable<string> Keys(Network network) =>
        network.NetworkType is null or Own or "local" ? [NumberKey(NumberOf(network))] : [NumberKey(NumberOf(network)), WireKey(network)];

    /// <summary>Gives a network its number, and its type what it lacks.</summary>
    public static Fault? Complete(NetworkState state, ref Network made)
    {
        if (FreeNumber(state, Enumerable.Range(1, MaxNumber)) is not { } number) return Exhausted();
        if (made.NetworkType is null)
        {
            if (made.SegmentationId is not null || made.PhysicalNetwork is not null) return Fault.InvalidInput("network_type required");
            made = made with { NetworkType = Own, SegmentationId = number };
            return null;
        }
        if (made.NetworkType == Own)
        {
            if (made.SegmentationId is not null || made.PhysicalNetwork is not null) return Fault.InvalidInput("segmentation_id is the server's to choose, and there is no physical_network");
            made = made with { SegmentationId = number };
            return null;
        }
        if (TypeFault(made) is { } fault) return fault;
        made = made with { Number = number };
        if (made.SegmentationId is null && Range(made) is { } range)
        {
            var wanted = made;
            var free = Enumerable.Range(range.First, range.Last).FirstOrDefault(id => state.Holder(WireKey(wanted with { SegmentationId = id })) is null);
            if (free == 0) return Exhausted();
            made = made with { SegmentationId = free };
        }
        return made.NetworkType != "local" && state.Holder(WireKey(made)) is not null ? InUse(made) : null;
    }

    /// <summary>For a router's domain, which is numbered among the networks, from the other end; null: none is left.</summary>
    public static int? DomainNumber(NetworkState state) => FreeNumber(state, Enumerable.Range(1, MaxNumber).Reverse());

    private static int? FreeNumber(NetworkState state, IEnumerable<int> candidates) =>
        candidates.Cast<int?>().FirstOrDefault(candidate => state.Holder(NumberKey(candidate!.Value)) is null);

    private static Fault? TypeFault(Network network)
    {
        var (type, wire, id) = (network.NetworkType!, network.PhysicalNetwork, network.SegmentationId);
        switch (type)
        {
            case "flat":
                return wire is null ? Fault.InvalidInput("physical_network required for flat provider network")
                    : id is not null ? Fault.InvalidInput("segmentation_id prohibited for flat provider network") : null;
            case "vlan":
                return wire is null && id is not null ? Fault.InvalidInput("segmentation_id requires physical_network for VLAN provider network")
                    : id is < 1 or > MaxVlan ? Fault.InvalidInput($"segmentation_id out of range (1 through {MaxVlan})") : null;
            case "vxlan" or "gre" or "geneve":
                return wire is not null ? Fault.InvalidInput($"provider:physical_network specified for {type} network")
                    : id is < 1 or > MaxVni ? Fault.InvalidInput($"segmentation_id out of range (1 through {MaxVni})") : null;
            case "local":
                return wire is not null || id is not null ? Fault.InvalidInput($"{(wire is null ? "segmentation_id" : "physical_network")} prohibited for local provider network") : null;
            default:
                return Fault.InvalidInput($"network_type value '{type}' not supported");
        }
    }

    private static (int First, int Last)? Range(Network network) => network.NetworkType switch
    {
        "vlan" => (1, MaxVlan),
        "vxlan" or "gre" or "geneve" => (1, MaxNumber),
        _ => null,
    };

    private static Fault InUse(Network network) => network.NetworkType switch
    {
        "flat" => new(409, "FlatNetworkInUse", $"Unable to create the flat network. Physical network {network.PhysicalNetwork} is in use."),
        "vlan" => new(409, "VlanIdInUse", $"Unable to create the network. The VLAN {network.SegmentationId} on physical network {network.PhysicalNetwork} is in use."),
        _ => new(409, "TunnelIdInUse", $"Unable to create the network. The tunnel ID {network.SegmentationId} is in use."),
    };

    private static Fault Exhausted() => new(503, "NoNetworkAvailable", "Unable to create the network. No tenant network is available for allocation.");

    /// <summary>Who holds it is the network with that number, or the router whose domain has it.</summary>
    public static string NumberKey(int number) => string.Create(CultureInfo.InvariantCulture, $"network-number:{number}");

    private static string WireKey(Network network) => string.Create(CultureInfo.InvariantCulture, $"wire:{network.NetworkType}:{network.PhysicalNetwork}:{network.SegmentationId}");
}
