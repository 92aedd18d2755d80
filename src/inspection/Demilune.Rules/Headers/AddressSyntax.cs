using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Headers;

/// <summary>Reads the addresses of a rule header: <c>any</c>, an address, a prefix, a range, lists of these, negations, variables.</summary>
public static class AddressSyntax
{
    public static SyntaxFault? TryRead(Word word, IReadOnlyDictionary<string, string> variables, out AddressSet set)
    {
        set = AddressSet.Any;
        var items = new List<ListItem>();
        if (ListReader.TryFlatten(word, variables, items) is { } fault) return fault;
        List<(UInt128, UInt128)> included = [], excluded = [];
        foreach (var item in items)
        {
            if (!TryRange(item.Text, out var range))
                return new(item.Position, $"'{item.Text}' is no address: expected any, 10.0.0.1, 10.0.0.0/8, 10.0.0.1-10.0.0.9, 2001:db8::/32, a list [..] or a variable.");
            (item.IsNegated ? excluded : included).Add(range);
        }
        set = AddressSet.Of(included, excluded);
        return set.IsEmpty ? word.Fault("No address is left in this list: everything is negated.") : null;
    }

    /// <summary>IPv4 addresses as IPv4-mapped IPv6 ones, so that one kind of number serves both.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            bytes[10] = bytes[11] = 0xFF;
            address.TryWriteBytes(bytes[12..], out _);
        }
        else address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>One address, prefix or range.</summary>
    internal static bool TryRange(string text, out (UInt128 First, UInt128 Last) range)
    {
        range = (UInt128.Zero, UInt128.MaxValue);
        if (text.Equals("any", StringComparison.OrdinalIgnoreCase)) return true;
        if (text.Split('-', StringSplitOptions.TrimEntries) is [var low, var high])
        {
            if (!TryAddress(low, out range.First, out _) || !TryAddress(high, out range.Last, out _)) return false;
            return range.First <= range.Last;
        }
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryAddress(slash < 0 ? text : text[..slash], out var address, out var bits)) return false;
        var length = bits;
        if (slash >= 0 && !TryPrefix(text[(slash + 1)..], bits, out length)) return false;
        var host = bits - length == 128 ? UInt128.MaxValue : (UInt128.One << bits - length) - 1;
        range = (address & ~host, address | host);
        return true;
    }

    private static bool TryAddress(string text, out UInt128 number, out int bits)
    {
        number = default;
        bits = 0;
        // Not .NET's short forms: "10.1" would be 10.0.0.1.
        if (!IPAddress.TryParse(text, out var address) || address.ScopeId() || !text.Contains(':', StringComparison.Ordinal) && text.Count(c => c == '.') != 3) return false;
        bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        number = ToNumber(address);
        return true;
    }

    private static bool ScopeId(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0;

    /// <summary>A length, or for IPv4 a mask such as 255.255.0.0.</summary>
    private static bool TryPrefix(string text, int bits, out int length)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length)) return length <= bits;
        if (bits != 32 || !TryAddress(text, out var mask, out var maskBits) || maskBits != 32) return false;
        var inverted = ~(uint)(mask & uint.MaxValue);
        length = 32 - System.Numerics.BitOperations.PopCount(inverted);
        return (inverted & inverted + 1) == 0;
    }
}
