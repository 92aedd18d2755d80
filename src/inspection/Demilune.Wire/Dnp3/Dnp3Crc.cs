using System.Buffers.Binary;

namespace Demilune.Wire.Dnp3;

/// <summary>The link layer's check (IEEE 1815 §9.2.4): polynomial 0x3d65, bits from the right, inverted, low byte first.</summary>
public static class Dnp3Crc
{
    /// <summary>Bytes of a check.</summary>
    public const int Length = 2;

    /// <summary>0x3d65 from the other end.</summary>
    private const ushort Polynomial = 0xa6bc;

    private static readonly ushort[] s_table = Table();

    public static ushort Of(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (var b in bytes) crc = (ushort)(s_table[(crc ^ b) & 0xff] ^ crc >> 8);
        return (ushort)~crc;
    }

    /// <summary>Whether a block that ends with its check is whole.</summary>
    public static bool Holds(ReadOnlySpan<byte> block) =>
        block.Length > Length && Of(block[..^Length]) == BinaryPrimitives.ReadUInt16LittleEndian(block[^Length..]);

    private static ushort[] Table()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = (ushort)i;
            for (var bit = 0; bit < 8; bit++) crc = (ushort)((crc & 1) != 0 ? crc >> 1 ^ Polynomial : crc >> 1);
            table[i] = crc;
        }
        return table;
    }
}
