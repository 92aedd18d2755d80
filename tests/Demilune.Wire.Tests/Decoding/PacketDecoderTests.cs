using Demilune.Wire.Decoding;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Ip;
using static Demilune.Wire.Tests.Decoding.Bytes;

namespace Demilune.Wire.Tests.Decoding;

/// <summary>What is read, and what is noticed, where Suricata 7.0.10 notices it (seen by running it on the same bytes).</summary>
public class PacketDecoderTests
{
    [Fact]
    public void Every_event_has_Suricatas_name_and_is_found_by_it()
    {
        Assert.Equal(Enum.GetValues<DecodeEvent>().Length, DecodeEventNames.Count);
        Assert.True(DecodeEventNames.Count <= 128);
        foreach (var odd in Enum.GetValues<DecodeEvent>())
        {
            Assert.True(DecodeEventNames.TryFind(DecodeEventNames.Of(odd), out var found));
            Assert.Equal(odd, found);
            // The enumeration and the names are written down side by side: a word of one is a word of the other.
            var word = odd.ToString();
            Assert.StartsWith(word[..3], DecodeEventNames.Of(odd)["decoder.".Length..].Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal("decoder.ipv6.fh_non_zero_reserved_field", DecodeEventNames.Of(DecodeEvent.Ipv6FhNonZeroReservedField));
        Assert.Equal("decoder.gre.version1_hdr_too_big", DecodeEventNames.Of(DecodeEvent.GreVersion1HeaderTooBig));
        Assert.Equal("decoder.too_many_layers", DecodeEventNames.Of(DecodeEvent.TooManyLayers));
    }

    public static TheoryData<string, PacketKind, byte[], string> Links => new()
    {
        { "Ethernet", PacketKind.Ethernet, OverEthernet(EtherType.Ipv4, Ipv4Udp), "" },
        { "VLAN", PacketKind.Ethernet, OverEthernet(EtherType.Vlan, OverVlan(7, EtherType.Ipv4, Ipv4Udp)), "7" },
        { "QinQ", PacketKind.Ethernet, OverEthernet(EtherType.ServiceVlan, OverVlan(7, EtherType.Vlan, OverVlan(8, EtherType.Ipv6, Ipv6Udp))), "7,8" },
        { "three tags", PacketKind.Ethernet, OverEthernet(EtherType.ServiceVlan, OverVlan(1, EtherType.Vlan, OverVlan(2, EtherType.Vlan, OverVlan(3, EtherType.Ipv4, Ipv4Udp)))), "1,2,3" },
        { "MPLS", PacketKind.Ethernet, OverEthernet(EtherType.MplsUnicast, [0, 6, 0x40, 255, 0, 12, 0x81, 255, .. Ipv4Udp]), "" },
        { "MPLS pseudowire", PacketKind.Ethernet, OverEthernet(EtherType.MplsUnicast, [0, 6, 0x41, 255, 0, 0, 0, 0, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)]), "" },
        { "PPPoE", PacketKind.Ethernet, OverEthernet(EtherType.PppoeSession, [0x11, 0, 0, 1, 0, 35, 0, 0x21, .. Ipv4Udp]), "" },
        { "802.1ah", PacketKind.Ethernet, OverEthernet(EtherType.ProviderBackbone, [.. new byte[16], 8, 0, .. Ipv4Udp]), "" },
        { "VN-Tag", PacketKind.Ethernet, OverEthernet(EtherType.VnTag, [0, 0, 0, 0, 8, 0, .. Ipv4Udp]), "" },
        { "Fabric Path", PacketKind.Ethernet, OverEthernet(EtherType.FabricPath, [0, 0, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)]), "" },
        { "NSH", PacketKind.Ethernet, OverEthernet(EtherType.ServiceHeader, [0, 2, 2, 1, 0, 0, 0, 0, .. Ipv4Udp]), "" },
        { "raw IPv4", PacketKind.RawIp, Ipv4Udp, "" },
        { "raw IPv6", PacketKind.RawIp, Ipv6Udp, "" },
        { "PPP", PacketKind.Ppp, [0xff, 3, 0, 0x21, .. Ipv4Udp], "" },
        { "PPP, compressed", PacketKind.Ppp, [0x57, .. Ipv6Udp], "" },
        { "SLL", PacketKind.LinuxCooked, [.. new byte[14], 8, 0, .. Ipv4Udp], "" },
        { "SLL2", PacketKind.LinuxCooked2, [0x86, 0xdd, .. new byte[18], .. Ipv6Udp], "" },
        { "loopback", PacketKind.Loopback, [2, 0, 0, 0, .. Ipv4Udp], "" },
        { "loopback, the other way round", PacketKind.Loopback, [0, 0, 0, 30, .. Ipv6Udp], "" },
        { "Cisco HDLC", PacketKind.CiscoHdlc, [0x0f, 0, 8, 0, .. Ipv4Udp], "" },
        { "ERSPAN I", PacketKind.Erspan1, OverEthernet(EtherType.Ipv4, Ipv4Udp), "" },
        { "ERSPAN II", PacketKind.Erspan2, [0x10, 99, 0, 0, 0, 0, 0, 0, .. OverEthernet(EtherType.Vlan, OverVlan(7, EtherType.Ipv4, Ipv4Udp))], "99,7" },
        { "extension headers", PacketKind.RawIp, OverIpv6(IpProtocol.HopByHop, [60, 0, 5, 2, 0, 0, 1, 0, 43, 0, 0x3e, 4, 0, 0, 0, 0, 17, 0, 2, 0, 0, 0, 0, 0, .. OverUdp(1000, 2000, "hello"u8)]), "" },
    };

    [Theory, MemberData(nameof(Links))]
    public void The_datagram_is_found_behind_any_link(string link, PacketKind kind, byte[] bytes, string vlans)
    {
        _ = link;
        PacketDecoder.Decode(kind, bytes, TunnelOptions.Default, 0, out var packet);
        Assert.False(packet.IsInvalid);
        Assert.True(packet.HasTransport);
        Assert.Equal((1000, 2000), (packet.SourcePort, packet.DestinationPort));
        Assert.Equal("hello"u8, packet.Transport[packet.TransportHeaderLength..]);
        Assert.Equal(vlans, string.Join(',', Vids(packet.Vlans)));
    }

    private static IEnumerable<int> Vids(Vlans vlans) => Enumerable.Range(0, vlans.Count).Select(i => (int)vlans[i]);

    public static TheoryData<string, byte[], PacketKind, PacketSource> Tunnels => new()
    {
        { "IPv4 in IPv4", OverIpv4(4, Ipv4Udp), PacketKind.Ipv4, PacketSource.Ipv4Tunnel },
        { "IPv6 in IPv4", OverIpv4(41, Ipv6Udp), PacketKind.Ipv6, PacketSource.Ipv4Tunnel },
        { "IPv4 in IPv6", OverIpv6(4, Ipv4Udp), PacketKind.Ipv4, PacketSource.Ipv6Tunnel },
        { "IPv6 in IPv6", OverIpv6(41, Ipv6Udp), PacketKind.Ipv6, PacketSource.Ipv6Tunnel },
        { "GRE", OverIpv4(47, [0x30, 0, 8, 0, .. new byte[8], .. Ipv4Udp]), PacketKind.Ipv4, PacketSource.Gre },
        { "GRE, routed", OverIpv4(47, [0x40, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, .. Ipv4Udp]), PacketKind.Ipv4, PacketSource.Gre },
        { "PPTP", OverIpv4(47, [0x30, 1, 0x88, 0x0b, 0, 37, 0, 1, 0, 0, 0, 1, 0xff, 3, 0, 0x21, .. Ipv4Udp]), PacketKind.Ppp, PacketSource.Gre },
        { "GRE bridging", OverIpv4(47, [0, 0, 0x65, 0x58, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)]), PacketKind.Ethernet, PacketSource.Gre },
        { "ERSPAN", OverIpv4(47, [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 0, 0, 0, 0, 0, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)]), PacketKind.Erspan2, PacketSource.Gre },
        { "VXLAN", OverIpv4(17, OverUdp(5555, 4789, [8, 0, 0, 0, 0, 0, 1, 0, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)])), PacketKind.Ipv4, PacketSource.Vxlan },
        { "Geneve", OverIpv4(17, OverUdp(5555, 6081, [2, 0, 0x65, 0x58, 0, 0, 1, 0, 0, 1, 0, 1, 1, 2, 3, 4, .. OverEthernet(EtherType.Ipv4, Ipv4Udp)])), PacketKind.Ethernet, PacketSource.Geneve },
        { "Teredo", OverIpv4(17, OverUdp(5555, 777, [0, 0, 1, 2, 3, 4, 5, 6, .. Ipv6Udp])), PacketKind.Ipv6, PacketSource.Teredo },
    };

    /// <summary>Each of them as bytes.</summary>
    internal static byte[][] TunnelPackets { get; } = [.. Tunnels.Select(row => row.Data.Item2)];

    [Theory, MemberData(nameof(Tunnels))]
    public void A_packet_in_a_packet_is_found(string tunnel, byte[] bytes, PacketKind kind, PacketSource source)
    {
        _ = tunnel;
        PacketDecoder.Decode(PacketKind.RawIp, bytes, TunnelOptions.Default, 0, out var packet);
        Assert.Equal((kind, source), (packet.Inner, packet.InnerSource));
        PacketDecoder.Decode(packet.Inner, packet.InnerBytes, TunnelOptions.Default, packet.Layers, out var inner);
        Assert.True(inner is { HasTransport: true, IsInvalid: false, SourcePort: 1000 });
    }

    public static TheoryData<byte[], string> Odd => new()
    {
        { [1, 2, 3], "ethernet.pkt_too_small" },
        { OverEthernet(EtherType.Ipv4, [0x45, 0, 0]), "ipv4.pkt_too_small" },
        { OverEthernet(EtherType.Ipv4, [0x44, .. Ipv4Udp[1..]]), "ipv4.hlen_too_small" },
        { OverEthernet(EtherType.Ipv4, [0x55, .. Ipv4Udp[1..]]), "ipv4.wrong_ip_version" },
        { OverEthernet(EtherType.Ipv4, [.. Ipv4Udp[..2], 0, 16, .. Ipv4Udp[4..]]), "ipv4.iplen_smaller_than_hlen" },
        { OverEthernet(EtherType.Ipv4, Ipv4Udp[..^1]), "ipv4.trunc_pkt" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(17, OverUdp(1, 2, []), [7, 32, 0, 0])), "ipv4.opt_pad_required ipv4.opt_invalid_len" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(17, OverUdp(1, 2, []), [0x83, 3, 4, 0x83, 3, 4, 0, 0])), "ipv4.opt_duplicate" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(17, [1, 2, 3])), "udp.hlen_too_small" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(17, [0, 1, 0, 2, 0, 99, 0, 0])), "udp.pkt_too_small" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(17, [0, 1, 0, 2, 0, 7, 0, 0])), "udp.len_invalid" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(6, OverTcp(2, 4, 5, 0xb4, 2, 4, 5, 0xb4))), "tcp.opt_duplicate" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(6, OverTcp(3, 9, 0, 0))), "tcp.opt_invalid_len" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(1, [42, 0, 0, 0, 0, 0, 0, 0])), "icmpv4.unknown_type" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(58, new byte[8])), "ipv4.icmpv6" },
        { OverEthernet(EtherType.Ipv6, Ipv6Udp[..^1]), "ipv6.trunc_pkt" },
        { OverEthernet(EtherType.Ipv6, OverIpv6(0, [17, 0, 1, 4, 0, 0, 0, 0, .. OverUdp(1, 2, [])])), "ipv6.hopopts_only_padding" },
        { OverEthernet(EtherType.Ipv6, OverIpv6(60, [60, 0, 1, 4, 0, 0, 0, 0, 60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, .. OverUdp(1, 2, [])])), "ipv6.dstopts_only_padding ipv6.dstopts_only_padding ipv6.exthdr_dupl_dh" },
        { OverEthernet(EtherType.Ipv6, OverIpv6(44, [17, 1, 0, 0, 0, 0, 0, 1, .. OverUdp(1, 2, [])])), "ipv6.fh_non_zero_reserved_field ipv6.exthdr_useless_fh" },
        { OverEthernet(EtherType.Ipv6, OverIpv6(59, 1)), "ipv6.data_after_none_header" },
        { OverEthernet(EtherType.Ipv6, OverIpv6(58, [130, 1, 0, 0, 0, 0, 0, 0])), "icmpv6.mld_message_with_invalid_hl icmpv6.unknown_code" },
        { OverEthernet(EtherType.Vlan, OverVlan(5, 0x1234)), "vlan.unknown_type" },
        { OverEthernet(EtherType.MplsUnicast, 0, 0, 0x31, 255), "mpls.bad_label_implicit_null" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(47, [1, 0, 8, 0])), "gre.version0_recur" },
        { OverEthernet(EtherType.Ipv4, OverIpv4(47, [0x20, 1, 8, 0, 0, 0, 0, 0])), "gre.version1_wrong_protocol" },
        { OverEthernet(EtherType.PppoeSession, 0x11, 0, 0, 1, 0, 5, 0x11, 0x11, 1, 2, 3), "ppp.wrong_type" },
    };

    [Theory, MemberData(nameof(Odd))]
    public void What_is_odd_is_told_by_Suricatas_name(byte[] frame, string expected)
    {
        PacketDecoder.Decode(PacketKind.Ethernet, frame, TunnelOptions.Default, 0, out var packet);
        var events = packet.Events;
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, events.Count).Select(i => DecodeEventNames.Of(events[i])["decoder.".Length..])));
    }

    [Fact]
    public void Layers_end_somewhere()
    {
        var bytes = Ipv4Udp;
        for (var i = 0; i < 40; i++) bytes = OverIpv4(4, bytes);
        var (layers, depth) = (0, 0);
        for (var rest = bytes; ; depth++)
        {
            PacketDecoder.Decode(PacketKind.Ipv4, rest, TunnelOptions.Default, layers, out var packet);
            if (packet.Events.Contains(DecodeEvent.TooManyLayers)) break;
            Assert.Equal(PacketKind.Ipv4, packet.Inner);
            (rest, layers) = (packet.InnerBytes.ToArray(), packet.Layers);
        }
        Assert.Equal(TunnelOptions.Default.MaxLayers - 1, depth);
    }
}
