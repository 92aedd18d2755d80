using System.Runtime.InteropServices;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice;

/// <summary>What the table of prefixes answers for an address, or for a prefix, that has no row of its own: what is said of the longest prefix around it.</summary>
internal sealed class Around(Table prefixes)
{
    private const int NetworkBits = 32;

    private readonly Lazy<uint[]> _lengths = new(() =>
        [.. prefixes.Rows.Keys.Select(key => MemoryMarshal.Read<PrefixKey>(key.Value).Length).Distinct().OrderDescending()]);

    /// <summary>An address as <see cref="AddressKey"/> → the row of an address of which nothing in particular is known.</summary>
    public Bytes OfAddress(Bytes key)
    {
        var address = MemoryMarshal.Read<AddressKey>(key.Value);
        return Bytes.Of(new AddressRow { Identity = Identity(address.Network, address.Address, NetworkBits + 129) });
    }

    /// <summary>A prefix as <see cref="PrefixKey"/> → the identity of the next longer one around it.</summary>
    public Bytes OfPrefix(Bytes key)
    {
        var prefix = MemoryMarshal.Read<PrefixKey>(key.Value);
        return Bytes.Of(Identity(prefix.Network, prefix.Address, prefix.Length));
    }

    private ulong Identity(uint network, Address16 address, uint longerThanAny)
    {
        foreach (var length in _lengths.Value)
        {
            if (length >= longerThanAny) continue;
            PrefixKey key = new() { Length = length, Network = network, Address = Cut(address, (int)length - NetworkBits) };
            if (prefixes.Rows.TryGetValue(Bytes.Of(key), out var identity)) return MemoryMarshal.Read<ulong>(identity.Value);
        }
        return 0;
    }

    private static Address16 Cut(Address16 address, int bits)
    {
        Span<byte> bytes = address;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - 8 * i, 0, 8));
        return address;
    }
}
