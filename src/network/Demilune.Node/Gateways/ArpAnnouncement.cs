using System.Net;
using System.Net.NetworkInformation;
using Demilune.Linux.PacketIo;

namespace Demilune.Node.Gateways;

/// <summary>Tells the neighbours who has an address now (RFC 5227 §3): they may remember it as another router's.</summary>
internal static class ArpAnnouncement
{
    private const int Length = 42;

    /// <summary>From an interface of the calling thread's namespace. One that is lost costs what it would have saved: the neighbours ask again when what they remember grows old.</summary>
    public static void Send(string interfaceName, PhysicalAddress mac, IReadOnlyCollection<IPAddress> addresses)
    {
        if (addresses.Count == 0) return;
        using var sender = PacketSender.Open(interfaceName);
        foreach (var address in addresses) sender.TrySend(Frame(mac, address));
    }

    /// <summary>A request for the address by who has it, to everybody.</summary>
    /// <param name="address">IPv4.</param>
    internal static byte[] Frame(PhysicalAddress mac, IPAddress address)
    {
        var (own, ip) = (mac.GetAddressBytes(), address.GetAddressBytes());
        byte[] frame =
        [
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, .. own, 0x08, 0x06,
            0, 1 /* Ethernet */, 0x08, 0 /* IPv4 */, 6, 4, 0, 1 /* request */, .. own, .. ip, 0, 0, 0, 0, 0, 0, .. ip,
        ];
        return frame.Length == Length ? frame : throw new ArgumentException($"{address} is no IPv4 address, or {mac} no MAC address");
    }
}
