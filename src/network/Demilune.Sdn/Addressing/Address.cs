using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Demilune.Sdn.Addressing;

/// <summary>An IPv4 or IPv6 address as a number, so that ranges can be counted.</summary>
internal readonly record struct Address(bool IsV6, UInt128 Value) : IComparable<Address>
{
    public int Bits => IsV6 ? 128 : 32;

    /// <summary>Strict: dotted decimal with four parts, or RFC 4291. What inet_aton also takes (10.1, 0x7f.1, 010.0.0.1) is refused:
    /// two readers of one policy must not read two addresses.</summary>
    public static bool TryParse(string text, out Address address)
    {
        address = default;
        if (text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var ip)) return false;
        if (ip.AddressFamily == AddressFamily.InterNetwork && ip.ToString() != text) return false;
        address = From(ip);
        return true;
    }

    public static Address From(IPAddress ip)
    {
        Span<byte> bytes = stackalloc byte[16];
        ip.TryWriteBytes(bytes, out var length);
        return length == 4
            ? new(false, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new(true, BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public int CompareTo(Address other) => IsV6 == other.IsV6 ? Value.CompareTo(other.Value) : IsV6.CompareTo(other.IsV6);

    public static bool operator <(Address a, Address b) => a.CompareTo(b) < 0;

    public static bool operator >(Address a, Address b) => a.CompareTo(b) > 0;

    public static bool operator <=(Address a, Address b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Address a, Address b) => a.CompareTo(b) >= 0;

    /// <summary>Canonical (RFC 5952).</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new IPAddress(IsV6 ? bytes : bytes[12..]).ToString();
    }
}

/// <summary>An address and how many of its leading bits count.</summary>
internal readonly record struct Cidr(Address Address, int Length)
{
    public bool IsV6 => Address.IsV6;

    public Address First => new(IsV6, Address.Value & Mask);

    public Address Last => new(IsV6, Address.Value | (HostBits == 128 ? UInt128.MaxValue : (UInt128.One << HostBits) - 1));

    public bool HasHostBits => First != Address;

    private int HostBits => Address.Bits - Length;

    private UInt128 Mask => HostBits == 128 ? UInt128.Zero : UInt128.MaxValue << HostBits;

    /// <summary>"10.0.0.0/8". Host bits are kept; an address alone is no prefix.</summary>
    public static bool TryParse(string text, out Cidr cidr)
    {
        cidr = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Address.TryParse(text[..slash], out var address)) return false;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > address.Bits)
            return false;
        cidr = new(address, length);
        return true;
    }

    /// <summary>Of text that was checked before.</summary>
    public static Cidr Parse(string text) => TryParse(text, out var cidr) ? cidr : throw new FormatException($"'{text}' is no prefix.");

    /// <summary>Every address of the other is one of this.</summary>
    public bool Covers(Cidr other) => Length <= other.Length && Contains(other.First);

    public bool Contains(Address address) => address.IsV6 == IsV6 && address >= First && address <= Last;

    public bool Overlaps(Cidr other) => other.IsV6 == IsV6 && First <= other.Last && other.First <= Last;

    /// <summary>Without host bits.</summary>
    public string Normalized => $"{First}/{Length}";

    public override string ToString() => $"{Address}/{Length}";
}
