using System.Buffers.Binary;
using System.Collections.Frozen;
using Demilune.Inspection.Frames;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Firewall.Routing;

/// <summary>What a firewall knows that is a hop of a switch's port chain: who has which address, and which policy judges which flow. Immutable.</summary>
/// <remarks>
/// The chain's classifiers are stateless and the switch asks no security group about what it chains, so this is also where layer 3 and 4 are
/// enforced: by "in" comes only what a flow's opener sends, by "out" only what its acceptor answers, and all else is dropped. IPv4 only, as the
/// chains themselves.
/// </remarks>
internal sealed class RoutingTable(FrozenDictionary<IpAddress, ulong> neighbours, FrozenDictionary<(IpAddress Opener, IpAddress Acceptor), RoutedFlow[]> flows)
{
    private const int EthernetHeader = 14;
    private const ushort EtherTypeIpv4 = 0x0800;

    public static readonly RoutingTable Empty = new(
        FrozenDictionary<IpAddress, ulong>.Empty, FrozenDictionary<(IpAddress, IpAddress), RoutedFlow[]>.Empty);

    /// <summary>Which policy's tag the frame has; and to whom it goes on, if that policy lets it.</summary>
    /// <param name="tag">1..4094.</param>
    /// <param name="destination">MAC address, in the low 48 bits.</param>
    /// <returns>False: no chain leads it here.</returns>
    public bool TryRoute(ReadOnlySpan<byte> frame, Interface arrival, out int tag, out ulong destination)
    {
        (tag, destination) = (0, 0);
        if (frame.Length < EthernetHeader || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != EtherTypeIpv4
            || !IpView.TryViewV4(frame[EthernetHeader..], out var ip) || ip.FragmentOffset != 0) return false;
        var payload = ip.Payload;
        if (payload.Length < 4) return false;
        var opening = arrival == Interface.In;
        // Replies come with the ends turned: whose service it is stands in their source.
        var service = BinaryPrimitives.ReadUInt16BigEndian(opening ? payload[2..] : payload);
        if (!opening && ip.Protocol == IpProtocol.Tcp
            && (!TcpView.TryView(payload, out var tcp) || (tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn)) return false;
        if (!flows.TryGetValue(opening ? (ip.Source, ip.Destination) : (ip.Destination, ip.Source), out var candidates)) return false;
        foreach (var flow in candidates)
            if (flow.Matches(ip.Protocol, service))
            {
                tag = flow.Tag;
                return neighbours.TryGetValue(ip.Destination, out destination);
            }
        return false;
    }

    /// <summary>To whom a frame of our own goes: a reset, an answer.</summary>
    public bool TryFind(ReadOnlySpan<byte> frame, out ulong destination)
    {
        destination = 0;
        return frame.Length >= EthernetHeader && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == EtherTypeIpv4
            && IpView.TryViewV4(frame[EthernetHeader..], out var ip) && neighbours.TryGetValue(ip.Destination, out destination);
    }
}

/// <param name="Protocol">IANA number; 0: any.</param>
/// <param name="FirstPort">Of the acceptor.</param>
/// <param name="LastPort">Included.</param>
internal readonly record struct RoutedFlow(byte Protocol, ushort FirstPort, ushort LastPort, int Tag)
{
    public bool Matches(byte protocol, ushort port) => (Protocol == 0 || Protocol == protocol) && port >= FirstPort && port <= LastPort;
}
