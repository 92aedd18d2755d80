using Demilune.Wire.Ip;

namespace Demilune.Wire.Tests.Ip;

public class IpViewTests
{
    /// <summary>RFC 1071 §3's own example.</summary>
    [Fact]
    public void The_checksum_is_the_one_of_the_RFC() => Assert.Equal(0xffff - 0xddf2, InternetChecksum.Of([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]));

    [Fact]
    public void A_merge_of_many_segments_may_say_a_length_of_zero()
    {
        var packet = new byte[100_000];
        packet[0] = 0x45;
        packet[9] = IpProtocol.Tcp;
        Assert.True(IpView.TryViewV4(packet, out var ip));
        Assert.Equal(99_980, ip.Payload.Length);
    }

    [Fact]
    public void What_follows_the_packet_is_padding()
    {
        var packet = new byte[46];
        (packet[0], packet[3]) = (0x45, 21);
        Assert.True(IpView.TryViewV4(packet, out var ip));
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
}
