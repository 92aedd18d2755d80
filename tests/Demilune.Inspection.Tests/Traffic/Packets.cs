using System.Buffers.Binary;
using Demilune.Wire;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>Network and link headers around a transport.</summary>
internal static class Packets
{
    public static byte[] Frame(IpAddress source, IpAddress destination, byte protocol, ReadOnlySpan<byte> transport)
    {
        var ipLength = source.IsV4 ? 20 : 40;
        var frame = new byte[14 + ipLength + transport.Length];
        frame[0] = 2;
        frame[6] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), source.IsV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var ip = frame.AsSpan(14);
        transport.CopyTo(ip[ipLength..]);
        if (source.IsV4) WriteV4(ip, source, destination, protocol, id: 1, fragment: 0);
        else WriteV6(ip, source, destination, protocol);
        return frame;
    }

    /// <summary>The same packet in fragments that carry so many bytes each (a multiple of 8).</summary>
    public static IEnumerable<byte[]> Fragment(byte[] frame, int size, ushort id)
    {
        PacketDecoder.Decode(PacketKind.Ethernet, frame, TunnelOptions.Default, 0, out var packet);
        Assert.True(packet is { HasIp: true, IsInvalid: false });
        var ip = packet.Ip;
        var (payload, protocol, source, destination) = (ip.Payload.ToArray(), ip.Protocol, ip.Source, ip.Destination);
        for (var offset = 0; offset < payload.Length; offset += size)
        {
            var piece = payload.AsSpan(offset, Math.Min(size, payload.Length - offset));
            var more = offset + piece.Length < payload.Length;
            yield return FragmentFrame(source, destination, protocol, id, offset, more, piece);
        }
    }

    public static byte[] FragmentFrame(IpAddress source, IpAddress destination, byte protocol, ushort id, int offset, bool more, ReadOnlySpan<byte> piece)
    {
        var headers = source.IsV4 ? 20 : 48;
        var frame = new byte[14 + headers + piece.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), source.IsV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var ip = frame.AsSpan(14);
        piece.CopyTo(ip[headers..]);
        if (source.IsV4)
        {
            WriteV4(ip, source, destination, protocol, id, (ushort)(offset / 8 | (more ? 0x2000 : 0)));
            return frame;
        }
        WriteV6(ip, source, destination, IpProtocol.Fragment);
        ip[40] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(ip[42..], (ushort)(offset | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(ip[44..], id);
        return frame;
    }

    private static void WriteV4(Span<byte> ip, IpAddress source, IpAddress destination, byte protocol, ushort id, ushort fragment)
    {
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], ip.Length > ushort.MaxValue ? (ushort)0 : (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], id);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], fragment);
        ip[8] = 64;
        ip[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)source.Value);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)destination.Value);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Of(ip[..20]));
    }

    private static void WriteV6(Span<byte> ip, IpAddress source, IpAddress destination, byte next)
    {
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], ip.Length - 40 > ushort.MaxValue ? (ushort)0 : (ushort)(ip.Length - 40));
        ip[6] = next;
        ip[7] = 64;
        BinaryPrimitives.WriteUInt128BigEndian(ip[8..], source.Value);
        BinaryPrimitives.WriteUInt128BigEndian(ip[24..], destination.Value);
    }
}
