using System.Net;
using System.Net.Sockets;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>A CIDR, in 128 bits for both families, host bits cleared.</summary>
internal readonly record struct Prefix(UInt128 Bits, int Length)
{
    private const int Ipv4Offset = 96;
    private static readonly UInt128 Ipv4 = (UInt128)0xffff << 32;

    /// <summary>0.0.0.0/0, as the tables hold it.</summary>
    public static Prefix AnyIpv4 => new(Ipv4, Ipv4Offset);

    public bool IsIpv4 => Length >= Ipv4Offset && Bits >> 32 == 0xffff;
    public bool IsHost => Length == 128;

    /// <summary>"10.0.0.0/8", "fd00::/8"; without a length a single address.</summary>
    public static bool TryParse(string text, out Prefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address)) return false;
        var ipv4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (!ipv4 && (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)) return false;
        var (most, length) = (ipv4 ? 32 : 128, ipv4 ? 32 : 128);
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out length) || length > most)) return false;
        prefix = new Prefix(ToBits(address), ipv4 ? length + Ipv4Offset : length).Masked();
        return true;
    }

    public static UInt128 ToBits(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4
            ? Ipv4 | System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public Prefix Shortened(int length) => new Prefix(Bits, length).Masked();

    public Address16 ToAddress()
    {
        Address16 address = default;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(address, Bits);
        return address;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return IsIpv4 ? $"{new IPAddress(bytes[12..])}/{Length - Ipv4Offset}" : $"{new IPAddress(bytes)}/{Length}";
    }

    private Prefix Masked() => new(Length == 0 ? 0 : Bits & (UInt128.MaxValue << (128 - Length)), Length);
}
