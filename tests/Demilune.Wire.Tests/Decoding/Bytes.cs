using System.Buffers.Binary;
using Demilune.Wire.Ip;

namespace Demilune.Wire.Tests.Decoding;

/// <summary>Headers around a payload.</summary>
internal static class Bytes
{
    public static readonly byte[] Ipv4Udp = OverIpv4(IpProtocol.Udp, OverUdp(1000, 2000, "hello"u8));
    public static readonly byte[] Ipv6Udp = OverIpv6(IpProtocol.Udp, OverUdp(1000, 2000, "hello"u8));

    public static byte[] OverEthernet(ushort type, params byte[] payload) => [.. new byte[11], 1, .. U16(type), .. payload];

    public static byte[] OverVlan(int vid, ushort type, params byte[] payload) => [.. U16((ushort)vid), .. U16(type), .. payload];

    public static byte[] OverIpv4(byte protocol, byte[] payload, byte[]? options = null, ushort fragment = 0)
    {
        options ??= [];
        var packet = new byte[20 + options.Length + payload.Length];
        packet[0] = (byte)(0x45 + options.Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), fragment);
        (packet[8], packet[9], packet[12], packet[15], packet[16], packet[19]) = (64, protocol, 10, 1, 10, 2);
        options.CopyTo(packet, 20);
        payload.CopyTo(packet, 20 + options.Length);
        return packet;
    }

    public static byte[] OverIpv6(byte next, params byte[] payload) =>
        [0x60, 0, 0, 0, .. U16((ushort)payload.Length), next, 64, 0xfd, .. new byte[14], 1, 0xfd, .. new byte[14], 2, .. payload];

    public static byte[] OverUdp(ushort source, ushort destination, ReadOnlySpan<byte> payload) =>
        [.. U16(source), .. U16(destination), .. U16((ushort)(8 + payload.Length)), 0, 0, .. payload];

    public static byte[] OverTcp(params byte[] options) =>
        [0, 1, 0, 2, .. new byte[8], (byte)((20 + options.Length) / 4 << 4), 2, 0x20, 0, 0, 0, 0, 0, .. options];

    public static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];
}
