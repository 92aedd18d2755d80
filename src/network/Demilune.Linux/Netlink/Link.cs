using System.Net.NetworkInformation;

namespace Demilune.Linux.Netlink;

/// <summary>A network interface as the kernel describes it.</summary>
/// <param name="IsRunning">Up, and what is given to it is sent: the kernel has worked through the coming of its carrier, which it does some time after.</param>
/// <param name="PeerIndex">The other end of a veth, in its own namespace's numbering; 0: none.</param>
/// <param name="TunnelPort">Of a VXLAN device: the UDP port; 0: it is none.</param>
public sealed record Link(int Index, string Name, PhysicalAddress Mac, int Mtu, bool IsUp, bool IsRunning, int PeerIndex, int TunnelPort = 0);
