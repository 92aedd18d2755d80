namespace Demilune.Node.Splice.Maps;

/// <summary>enum counter of bpf/maps.h, in its order. From <see cref="DropHeader"/> on each is a reason to drop.</summary>
internal enum Counter
{
    FlowsDirect, FlowsSpliced, FlowsDenied, PacketsDirect, PacketsSpliced, PacketsBypassed, PacketsOpen, EventsLost,
    DropHeader, DropEthertype, DropIpv4Options, DropIpv6Extensions, DropFragment, DropSpoofed, DropMulticast, DropNoPort,
    DropEgress, DropIngress, DropUntracked, DropUnrelated, DropCut, DropVerdict, DropClosed, DropForged, DropFull,
    DropUnreachable, DropTunnel, DropNoRoute, DropHops,
}

internal static class DropReason
{
    /// <summary>For people.</summary>
    public static string Text(Counter reason) => reason switch
    {
        Counter.DropHeader => "malformed header",
        Counter.DropEthertype => "neither IPv4, IPv6 nor ARP",
        Counter.DropIpv4Options => "IPv4 options",
        Counter.DropIpv6Extensions => "IPv6 extension headers",
        Counter.DropFragment => "fragment without a valid beginning",
        Counter.DropSpoofed => "source address is not the port's",
        Counter.DropMulticast => "multicast is not carried",
        Counter.DropNoPort => "interface has no port, or the port is down",
        Counter.DropEgress => "not allowed by the source's security groups",
        Counter.DropIngress => "not allowed by the destination's security groups",
        Counter.DropUntracked => "middle of an unknown connection",
        Counter.DropUnrelated => "ICMP error about no known flow",
        Counter.DropCut => "the policy no longer allows this connection",
        Counter.DropVerdict => "dropped by the firewall",
        Counter.DropClosed => "no firewall is alive and the policy is Closed",
        Counter.DropForged => "not a frame of a flow that the firewall was given",
        Counter.DropFull => "flow table full",
        Counter.DropUnreachable => "no node is known to have the address",
        Counter.DropTunnel => "from another node than its source's, or for nobody here",
        Counter.DropNoRoute => "no router leads to the other network",
        Counter.DropHops => "too many hops",
        _ => reason.ToString(),
    };
}
