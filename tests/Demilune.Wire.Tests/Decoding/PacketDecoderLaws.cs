using CsCheck;
using Demilune.Wire.Decoding;

namespace Demilune.Wire.Tests.Decoding;

public class PacketDecoderLaws
{
    private static readonly PacketKind[] s_kinds = Enum.GetValues<PacketKind>();

    [Fact]
    public void Any_bytes_of_any_kind_are_read_or_refused_without_a_throw() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 15]).Sample((bytes, layers) =>
        {
            foreach (var kind in s_kinds) Walk(kind, bytes, layers);
        }, iter: 3000);

    [Fact]
    public void A_good_packet_that_is_cut_or_bent_anywhere_is_read_or_refused_without_a_throw() =>
        Gen.Select(Gen.Int[0, PacketDecoderTests.TunnelPackets.Length - 1], Gen.Int[0, 120], Gen.Int[0, 120], Gen.Byte)
            .Sample((index, length, at, value) =>
            {
                var packet = PacketDecoderTests.TunnelPackets[index];
                var bytes = packet[..Math.Min(length, packet.Length)];
                if (at < bytes.Length) bytes[at] = value;
                Walk(PacketKind.RawIp, bytes, 0);
            }, iter: 20_000);

    private static void Walk(PacketKind kind, byte[] bytes, int layers)
    {
        PacketDecoder.Decode(kind, bytes, TunnelOptions.Default, layers, out var packet);
        for (var depth = 0; packet.Inner != PacketKind.None; depth++)
        {
            Assert.True(depth < TunnelOptions.Default.MaxLayers);
            var (inner, around) = (packet.Inner, packet.Layers);
            var rest = packet.InnerBytes;
            if (inner == PacketKind.Arp) break;
            PacketDecoder.Decode(inner, rest, TunnelOptions.Default, around, out packet);
        }
        // Once it says that it has something, no accessor can fail.
        if (packet.HasIp) _ = packet.Ip.Payload.Length + packet.Ip.Packet[..packet.Ip.HeaderLength].Length;
        _ = packet.Transport[packet.TransportHeaderLength..].Length;
        if (packet is { HasTransport: true, Protocol: 6 }) _ = packet.Tcp.ReadOptions();
    }
}
