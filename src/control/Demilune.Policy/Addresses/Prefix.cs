using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Demilune.Policy.Addresses;

/// <summary>A CIDR of either family, host bits cleared.</summary>
/// <param name="IsV6">The family.</param>
/// <param name="First">Its lowest address as a number; IPv4 in the low 32 bits.</param>
/// <param name="Length">0 to 32 or 128.</param>
public readonly record struct Prefix(bool IsV6, UInt128 First, int Length) : IComparable<Prefix>
{
    /// <summary>Its highest address.</summary>
    public UInt128 Last => First | HostMask;

    private int Width => IsV6 ? 128 : 32;

    private UInt128 HostMask => Length == Width ? UInt128.Zero : UInt128.MaxValue >> (128 - (Width - Length));

    /// <summary>Takes "10.0.0.0/8", "fd00::/64" and a bare address; nothing that another reader could understand otherwise.</summary>
    public static bool TryParse(string text, out Prefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (!TryAddress(host, out var isV6, out var value)) return false;
        var width = isV6 ? 128 : 32;
        var length = width;
        if (slash >= 0)
        {
            var digits = text.AsSpan(slash + 1);
            if (digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0')) return false;
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > width) return false;
        }
        var unmasked = new Prefix(isV6, value, length);
        prefix = unmasked with { First = value & ~unmasked.HostMask };
        return true;
    }

    public bool Contains(Prefix other) => IsV6 == other.IsV6 && First <= other.First && other.Last <= Last;

    public int CompareTo(Prefix other) =>
        IsV6 != other.IsV6 ? IsV6.CompareTo(other.IsV6)
        : First != other.First ? First.CompareTo(other.First)
        : Length.CompareTo(other.Length);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address(IsV6, First)}/{Length}");

    public static bool operator <(Prefix left, Prefix right) => left.CompareTo(right) < 0;
    public static bool operator >(Prefix left, Prefix right) => left.CompareTo(right) > 0;
    public static bool operator <=(Prefix left, Prefix right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Prefix left, Prefix right) => left.CompareTo(right) >= 0;

    private static bool TryAddress(string text, out bool isV6, out UInt128 value)
    {
        (isV6, value) = (false, default);
        // A scope id ("%eth0") names no address of a packet.
        if (text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var address)) return false;
        isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        // The BCL takes "10.1" and "0x0a.0.0.1" for IPv4 too; Kubernetes does not.
        if (!isV6 && address.ToString() != text) return false;
        foreach (var octet in address.GetAddressBytes()) value = value << 8 | octet;
        return true;
    }

    private static IPAddress Address(bool isV6, UInt128 value)
    {
        Span<byte> octets = stackalloc byte[isV6 ? 16 : 4];
        for (var i = octets.Length - 1; i >= 0; i--, value >>= 8) octets[i] = (byte)(value & 0xff);
        return new IPAddress(octets);
    }
}
