using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Demilune.Wire.Ip;

/// <summary>An address of either version without an object for it. IPv4 is kept as its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).</summary>
/// <param name="Value">All 128 bits, most significant first.</param>
public readonly record struct IpAddress(UInt128 Value)
{
    private static readonly UInt128 s_mappedPrefix = new(0, 0xffff_0000_0000UL);

    /// <summary>True if the upper 96 bits are ::ffff:0:0.</summary>
    public bool IsV4 => Value >> 32 == 0xffff;

    /// <summary>From 4 bytes in network order.</summary>
    public static IpAddress FromV4(ReadOnlySpan<byte> bytes) => new(s_mappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>From 16 bytes in network order.</summary>
    public static IpAddress FromV6(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>From text in either version's notation.</summary>
    public static bool TryParse(string text, out IpAddress address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out var parsed)) return false;
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = parsed.AddressFamily == AddressFamily.InterNetwork ? FromV4(bytes) : FromV6(bytes);
        return true;
    }

    /// <summary>Writes the usual notation as ASCII. At most 45 bytes.</summary>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        if (!IsV4) return ToIPAddress().TryFormat(destination, out written);
        written = 0;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            if (!((byte)(Value >> shift)).TryFormat(destination[written..], out var digits)) return false;
            written += digits;
            if (shift == 0) return true;
            if (written == destination.Length) return false;
            destination[written++] = (byte)'.';
        }
        return true;
    }

    /// <summary>The same for IPv4; of IPv6 all eight groups with all their digits, as Suricata writes them.</summary>
    public bool TryFormatWhole(Span<byte> destination, out int written)
    {
        const int length = 39;
        if (IsV4) return TryFormat(destination, out written);
        written = 0;
        if (destination.Length < length) return false;
        for (var group = 0; group < 8; group++)
        {
            if (group > 0) destination[group * 5 - 1] = (byte)':';
            ((ushort)(Value >> (112 - group * 16))).TryFormat(destination[(group * 5)..], out _, "x4", CultureInfo.InvariantCulture);
        }
        written = length;
        return true;
    }

    /// <summary>The framework's object for it.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return IsV4 ? new(bytes[12..]) : new(bytes);
    }

    public override string ToString() => ToIPAddress().ToString();
}
