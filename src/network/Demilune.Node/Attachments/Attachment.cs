using Demilune.Node.Interfaces;

namespace Demilune.Node.Attachments;

/// <summary>What one CNI ADD made, remembered until its DEL.</summary>
/// <param name="ContainerId">CNI_CONTAINERID.</param>
/// <param name="IfName">CNI_IFNAME.</param>
/// <param name="Network">The network configuration's name: GC speaks per network.</param>
/// <param name="PodUid">Of the pod; the device_id of its ports.</param>
/// <param name="Netns">Path of the namespace.</param>
/// <param name="Interfaces">The requested one first; a firewall has two more.</param>
internal sealed record Attachment(
    string ContainerId, string IfName, string Network, string PodUid, string Netns, IReadOnlyList<AttachedInterface> Interfaces)
{
    public (string ContainerId, string IfName) Key => (ContainerId, IfName);
}

/// <summary>One interface of an attachment.</summary>
/// <param name="Switch">The other switch that it is plugged into; null: none.</param>
/// <param name="Kind">Number of <see cref="Contracts.Nodes.Port.Types.Kind"/>.</param>
/// <param name="IsApart">The host's stack has no part in its network.</param>
internal sealed record AttachedInterface(
    string PortId, int Kind, string Name, string HostName, string Mac, IReadOnlyList<string> Addresses, int Mtu, SwitchPort? Switch = null, bool IsApart = false);
