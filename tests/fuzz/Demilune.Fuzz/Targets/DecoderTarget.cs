using System.Buffers.Binary;
using Demilune.Inspection;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;
using Demilune.Wire.Decoding;

namespace Demilune.Fuzz.Targets;

/// <summary>Headers from the link to the transport, with what tunnels carry; and datagrams in pieces.</summary>
internal static class DecoderTarget
{
    private static readonly PacketKind[] s_kinds = Enum.GetValues<PacketKind>();

    /// <summary>The first byte says what the rest begins with. What the decoder says that it has must be there, and it must come to an end.</summary>
    public static FuzzTarget Packets { get; } = new("decoder", "a packet of any link, and the packets in it", bytes =>
    {
        if (bytes.Length == 0) return;
        PacketDecoder.Decode(s_kinds[bytes[0] % s_kinds.Length], bytes.AsSpan(1), TunnelOptions.Default, 0, out var packet);
        for (var depth = 0; ; depth++)
        {
            if (depth > TunnelOptions.Default.MaxLayers) throw new InvalidOperationException("packets in packets without end");
            if (packet.HasIp) _ = packet.Ip.Payload.Length + packet.Ip.Packet[..packet.Ip.HeaderLength].Length;
            _ = packet.Transport[packet.TransportHeaderLength..].Length;
            if (packet is { HasTransport: true, Protocol: 6 }) _ = packet.Tcp.ReadOptions();
            if (packet.Inner is PacketKind.None or PacketKind.Arp) return;
            var (inner, layers) = (packet.Inner, packet.Layers);
            var carried = packet.InnerBytes;
            PacketDecoder.Decode(inner, carried, TunnelOptions.Default, layers, out packet);
        }
    });

    /// <summary>
    /// Fragments of a few datagrams through an inspector, five bytes each: version, number and "more" in one, offset in two, length in one, and the byte
    /// that it is filled with. Nothing may be held at the end.
    /// </summary>
    public static FuzzTarget Fragments { get; } = new("fragments", "datagrams in pieces through a whole inspector", bytes =>
    {
        var inspector = new Inspector(new() { VerifyChecksums = false, MaxFragmentBytes = 256 << 10, MaxFlows = 16 });
        inspector.Publish(PolicySetSnapshot.Single(new(0, "fuzz", 1, bytes.Length % 2 == 0, RuleSet.Empty)));
        var (queue, sink, now) = (new FrameQueue(), new FrameTarget.Sink(), 1L);
        var frame = new byte[14 + 48 + 256 * 8];
        for (var rest = bytes.AsSpan(); rest.Length >= 5; rest = rest[5..])
        {
            var length = Write(frame, rest);
            inspector.Inspect(new Frame(frame.AsSpan(0, length), Interface.In), now, sink, queue);
            queue.Clear();
            inspector.Tick(now += 1_000_000_000, sink);
        }
        inspector.Finish(now, sink);
        inspector.Tick(now + 1_000_000_000_000_000, sink);
        inspector.Inspect(new Frame(new byte[60], Interface.In), now, sink, queue);
        if (inspector.Statistics.BytesHeld != 0) throw new InvalidOperationException($"{inspector.Statistics.BytesHeld} bytes are still held");
    });

    private static int Write(Span<byte> frame, ReadOnlySpan<byte> piece)
    {
        var (isV6, id, more) = ((piece[0] & 1) != 0, (byte)(piece[0] >> 2 & 7), (piece[0] & 2) != 0);
        int offset = BinaryPrimitives.ReadUInt16BigEndian(piece[1..]);
        var size = piece[3] * (more ? 8 : 1);
        frame[..62].Clear();
        var ip = frame[14..];
        var headers = isV6 ? 48 : 20;
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], (ushort)(isV6 ? 0x86dd : 0x0800));
        if (isV6)
        {
            (ip[0], ip[6], ip[40], ip[47]) = (0x60, 44, 17, id);
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(8 + size));
            BinaryPrimitives.WriteUInt16BigEndian(ip[42..], (ushort)((offset & 0xfff8) | (more ? 1 : 0)));
        }
        else
        {
            // An outer protocol that is IP again makes tunnels of what is put together.
            (ip[0], ip[5], ip[9]) = (0x45, id, (byte)((piece[0] & 32) != 0 ? 4 : 17));
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + size));
            BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)((offset & 0x1fff) | (more ? 0x2000 : 0)));
        }
        ip.Slice(headers, size).Fill(piece[4]);
        return 14 + headers + size;
    }
}
