using Demilune.Wire;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>What a frame with a TCP segment says, after its checksums were found right.</summary>
internal sealed record Segments(IpAddress Source, IpAddress Destination, uint Sequence, uint Acknowledgment, bool IsReset, byte[] Payload)
{
    public static Segments Read(byte[] frame)
    {
        Assert.True(EthernetView.TryView(frame, out var ethernet));
        Assert.True(IpView.TryView(ethernet.Type, ethernet.Payload, out var ip));
        Assert.True(TcpView.TryView(ip.Payload, out var tcp));
        Assert.Equal(0, InternetChecksum.OfTransport(ip.Source, ip.Destination, IpProtocol.Tcp, ip.Payload));
        if (!ip.IsV6) Assert.Equal(0, InternetChecksum.Of(ip.Packet[..ip.HeaderLength]));
        return new(ip.Source, ip.Destination, tcp.Sequence, tcp.Acknowledgment, tcp.Has(TcpFlags.Rst), tcp.Payload.ToArray());
    }
}
