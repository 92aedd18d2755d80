using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Demilune.Node.Tests.Names;

/// <summary>Frames as the splice holds them, made by hand.</summary>
internal static class HeldFrames
{
    public const int Pod = 77;

    public static byte[] Udp(ReadOnlySpan<byte> payload, bool ipv6 = false, ushort fragment = 0)
    {
        var udp = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 53);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), 4000);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)udp.Length);
        payload.CopyTo(udp.AsSpan(8));
        return Frame(17, udp, ipv6, fragment);
    }

    public static byte[] Tcp(uint sequence, byte flags, ReadOnlySpan<byte> payload, ushort clientPort = 4000)
    {
        var tcp = new byte[20 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, 53);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), clientPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), sequence);
        (tcp[12], tcp[13]) = (0x50, flags);
        payload.CopyTo(tcp.AsSpan(20));
        return Frame(6, tcp, false, 0);
    }

    public static byte[] Frame(byte protocol, ReadOnlySpan<byte> transport, bool ipv6, ushort fragment)
    {
        List<byte> frame = [0x02, 0xd2, 0, 0, 0, Pod, 1, 2, 3, 4, 5, 6];
        if (ipv6)
        {
            var extension = fragment == 0 ? [] : new byte[] { protocol, 0, (byte)(fragment >> 8), (byte)fragment, 0, 0, 0, 9 };
            frame.AddRange([0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, fragment == 0 ? protocol : (byte)44, 64, .. IPAddress.Parse("2001:db8::53").GetAddressBytes(), .. IPAddress.Parse("fd00::1").GetAddressBytes()]);
            BinaryPrimitives.WriteUInt16BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(frame)[18..], (ushort)(extension.Length + transport.Length));
            frame.AddRange(extension);
        }
        else
        {
            frame.AddRange([0x08, 0x00, 0x45, 0, 0, 0, 0, 9, (byte)(fragment >> 8), (byte)fragment, 64, protocol, 0, 0, .. IPAddress.Parse("192.0.2.53").GetAddressBytes(), .. IPAddress.Parse("10.0.0.1").GetAddressBytes()]);
            BinaryPrimitives.WriteUInt16BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(frame)[16..], (ushort)(20 + transport.Length));
        }
        frame.AddRange(transport);
        return [.. frame];
    }

    /// <summary>An answer to a question for A records of <paramref name="question"/>.</summary>
    public static byte[] Answer(string question, params (string Owner, ushort Type, uint Ttl, byte[] Data)[] records)
    {
        List<byte> message = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, (byte)records.Length, 0, 0, 0, 0, .. Name(question), 0, 1, 0, 1];
        foreach (var (owner, type, ttl, data) in records)
            message.AddRange([.. Name(owner), (byte)(type >> 8), (byte)type, 0, 1, (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl, (byte)(data.Length >> 8), (byte)data.Length, .. data]);
        return [.. message];
    }

    public static byte[] Name(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    public static byte[] Address(string text) => IPAddress.Parse(text).GetAddressBytes();
}
