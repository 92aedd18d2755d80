using CsCheck;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Wire.Tests.Ip;

public class IpViewTests
{
    /// <summary>RFC 1071 §3's own example.</summary>
    [Fact]
    public void The_checksum_is_the_one_of_the_RFC() => Assert.Equal(0xffff - 0xddf2, InternetChecksum.Of([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]));

    [Fact]
    public void Extension_headers_are_skipped_up_to_the_transport()
    {
        var packet = V6(IpProtocol.HopByHop, [IpProtocol.DestinationOptions, 0, 1, 4, 0, 0, 0, 0, IpProtocol.Tcp, 1, .. new byte[14], 1, 2, 3]);
        Assert.True(IpView.TryView(EtherType.Ipv6, packet, out var ip));
        Assert.Equal(IpProtocol.Tcp, ip.Protocol);
        Assert.Equal([1, 2, 3], ip.Payload.ToArray());
    }

    [Fact]
    public void An_endless_chain_of_extension_headers_is_refused()
    {
        var chain = new byte[8 * 64];
        Assert.False(IpView.TryView(EtherType.Ipv6, V6(IpProtocol.HopByHop, chain), out _));
    }

    [Fact]
    public void A_merge_of_many_segments_may_say_a_length_of_zero()
    {
        var packet = new byte[100_000];
        packet[0] = 0x45;
        packet[9] = IpProtocol.Tcp;
        Assert.True(IpView.TryView(EtherType.Ipv4, packet, out var ip));
        Assert.Equal(99_980, ip.Payload.Length);
    }

    [Fact]
    public void What_follows_the_packet_is_padding()
    {
        var packet = new byte[46];
        (packet[0], packet[3]) = (0x45, 21);
        Assert.True(IpView.TryView(EtherType.Ipv4, packet, out var ip));
        Assert.Equal(1, ip.Payload.Length);
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("fd00::1:2")]
    [InlineData("255.255.255.255")]
    public void An_address_is_written_as_it_is_read(string text)
    {
        Assert.True(IpAddress.TryParse(text, out var address));
        Span<byte> written = stackalloc byte[64];
        Assert.True(address.TryFormat(written, out var length));
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(written[..length]));
    }

    [Fact]
    public void Any_bytes_are_seen_or_refused_without_a_throw() =>
        Gen.Byte.Array[0, 120].Sample(bytes =>
        {
            if (EthernetView.TryView(bytes, out var ethernet)) _ = ethernet.Payload.Length;
            foreach (var (type, version) in new[] { (EtherType.Ipv4, 0x45), (EtherType.Ipv6, 0x60) })
            {
                if (bytes.Length > 0) bytes[0] = (byte)version;
                if (!IpView.TryView(type, bytes, out var ip)) continue;
                var protocol = ip.Protocol;
                var payload = ip.Payload;
                IpView.TrySkipExtensions(ref protocol, ref payload);
                if (TcpView.TryView(payload, out var tcp)) _ = tcp.ReadOptions();
            }
        }, iter: 5000);

    private static byte[] V6(byte next, byte[] payload)
    {
        var packet = new byte[40 + payload.Length];
        (packet[0], packet[4], packet[5], packet[6]) = (0x60, (byte)(payload.Length >> 8), (byte)payload.Length, next);
        payload.CopyTo(packet, 40);
        return packet;
    }
}
