using Demilune.Wire;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>What a frame with a TCP segment says, after its checksums were found right.</summary>
internal sealed record Segments(IpAddress Source, IpAddress Destination, uint Sequence, uint Acknowledgment, bool IsReset, byte[] Payload)
{
    public static Segments Read(byte[] frame)
    {
        PacketDecoder.Decode(PacketKind.Ethernet, frame, TunnelOptions.Default, 0, out var packet);
        Assert.True(packet is { HasTransport: true, IsInvalid: false });
        var ip = packet.Ip;
        var tcp = packet.Tcp;
        Assert.Equal(0, InternetChecksum.OfTransport(ip.Source, ip.Destination, IpProtocol.Tcp, ip.Payload));
        if (!ip.IsV6) Assert.Equal(0, InternetChecksum.Of(ip.Packet[..ip.HeaderLength]));
        return new(ip.Source, ip.Destination, tcp.Sequence, tcp.Acknowledgment, tcp.Has(TcpFlags.Rst), tcp.Payload.ToArray());
    }
}
