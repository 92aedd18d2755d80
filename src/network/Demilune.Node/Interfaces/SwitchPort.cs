using Demilune.Contracts.Nodes;

namespace Demilune.Node.Interfaces;

/// <summary>How an interface is plugged into another switch.</summary>
/// <param name="Bridge">Of Open vSwitch.</param>
/// <param name="UserSpace">It forwards in user space, and gets frames as they are on the wire.</param>
/// <param name="Addresses">With prefix length, each with the gateway of its subnet; an empty gateway: none.</param>
internal sealed record SwitchPort(string Bridge, bool UserSpace, IReadOnlyList<AddressOnLink> Addresses)
{
    /// <returns>Null: the node carries the port itself.</returns>
    /// <exception cref="NotSupportedException">A kind of binding that this agent does not know; the message says which.</exception>
    public static SwitchPort? Of(Port port) => port.Binding switch
    {
        null => null,
        { VifType: "ovs" } binding => new(binding.Bridge, binding.Datapath == "netdev", [.. binding.Addresses.Select(one => new AddressOnLink(one.Address, one.Gateway))]),
        { VifType: "binding_failed" } => throw new NotSupportedException(
            $"Neutron could not bind port {port.Id} to this node: is a neutron-openvswitch-agent alive whose host is called as the node is? (openstack network agent list)"),
        var other => throw new NotSupportedException(
            $"Neutron bound port {port.Id} as \"{other.VifType}\": this node can plug \"ovs\", and \"demilune\" of the built-in network"),
    };
}

/// <summary>An address as "10.0.0.5/24", and the way out of its subnet.</summary>
internal sealed record AddressOnLink(string Address, string Gateway);
