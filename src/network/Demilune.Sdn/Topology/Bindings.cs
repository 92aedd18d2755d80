using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Port = Demilune.Neutron.Port;

namespace Demilune.Sdn.Topology;

/// <summary>How a port of somebody else's switch is plugged in, from Neutron's binding.</summary>
internal static class Bindings
{
    /// <summary>Ours; what every node can.</summary>
    private const string Own = "demilune";

    /// <returns>Null: the node carries the port itself.</returns>
    public static Binding? Of(NetworkState state, Port port) => IsOwn(port) ? null : new()
    {
        VifType = port.VifType,
        Bridge = Detail(port, "bridge_name") ?? "br-int",
        Datapath = Detail(port, "datapath_type") ?? "system",
        Active = port.Status == "ACTIVE",
        Addresses = { (port.FixedIps ?? []).Select(ip => OnLinkOf(port, ip, state.Find<Subnet>(ip.SubnetId))) },
    };

    /// <summary>True if the node carries the port itself.</summary>
    public static bool IsOwn(Port port) => port.VifType is null or "" or Own or "unbound";

    public static OnLink OnLinkOf(Port port, FixedIp ip, Subnet? subnet) => new()
    {
        Address = $"{ip.IpAddress}/{(Cidr.TryParse(subnet?.Cidr ?? "", out var cidr) ? cidr.Length : throw new InvalidOperationException($"Port {port.Id} has {ip.IpAddress} of a subnet that is not ours to see."))}",
        Gateway = subnet?.GatewayIp ?? "",
    };

    private static string? Detail(Port port, string name) =>
        port.VifDetails is { ValueKind: System.Text.Json.JsonValueKind.Object } details && details.TryGetProperty(name, out var value)
        && value.ValueKind == System.Text.Json.JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
