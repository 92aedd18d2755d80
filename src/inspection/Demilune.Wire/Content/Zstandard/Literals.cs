using System.Buffers.Binary;

namespace Demilune.Wire.Content.Zstandard;

/// <summary>The bytes of a block that are not copied from earlier ones (RFC 8878 §3.1.1.3.1).</summary>
internal sealed class Literals
{
    private byte[] _bytes = [];
    private HuffmanTable? _table;

    /// <summary>Those of the block that was read last.</summary>
    public ReadOnlyMemory<byte> Last { get; private set; }

    /// <summary>A frame begins: what earlier ones had counts no more.</summary>
    public void Restart() => _table = null;

    /// <returns>The bytes of the block that they took; 0 if they cannot be read.</returns>
    public int Read(ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty) return 0;
        var type = block[0] & 3;
        var format = block[0] >> 2 & 3;
        return type < 2 ? ReadPlain(block, format, isRepeated: type == 1) : ReadCompressed(block, format, hasTable: type == 2);
    }

    private int ReadPlain(ReadOnlySpan<byte> block, int format, bool isRepeated)
    {
        var head = format switch { 1 => 2, 3 => 3, _ => 1 };
        if (block.Length < head) return 0;
        var length = (int)(Number(block[..head]) >> (head == 1 ? 3 : 4));
        var taken = isRepeated ? 1 : length;
        if (length > ZstandardStream.MaxBlock || block.Length - head < taken) return 0;
        var output = Room(length);
        if (isRepeated) output.Fill(block[head]);
        else block.Slice(head, length).CopyTo(output);
        return head + taken;
    }

    private int ReadCompressed(ReadOnlySpan<byte> block, int format, bool hasTable)
    {
        var head = format switch { 2 => 4, 3 => 5, _ => 3 };
        var width = format switch { 2 => 14, 3 => 18, _ => 10 };
        if (block.Length < head) return 0;
        var number = Number(block[..head]) >> 4;
        var length = (int)(number & (1UL << width) - 1);
        var taken = (int)(number >> width);
        if (length > ZstandardStream.MaxBlock || block.Length - head < taken) return 0;
        var bytes = block.Slice(head, taken);
        if (hasTable) bytes = bytes[HuffmanTable.Read(bytes, out _table)..];
        return _table is not null && TryDecode(_table, bytes, Room(length), format == 0 ? 1 : 4) ? head + taken : 0;
    }

    private static bool TryDecode(HuffmanTable table, ReadOnlySpan<byte> bytes, Span<byte> output, int streams)
    {
        if (streams == 1) return table.TryDecode(bytes, output);
        const int Lengths = 3 * sizeof(ushort);
        if (bytes.Length < Lengths) return false;
        var lengths = bytes[..Lengths];
        var rest = bytes[Lengths..];
        var share = (output.Length + 3) / 4;
        for (var i = 0; i < 3; i++)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(lengths[(i * sizeof(ushort))..]);
            if (length > rest.Length || share > output.Length || !table.TryDecode(rest[..length], output[..share])) return false;
            rest = rest[length..];
            output = output[share..];
        }
        return table.TryDecode(rest, output);
    }

    private Span<byte> Room(int length)
    {
        if (_bytes.Length < length) _bytes = new byte[length];
        Last = _bytes.AsMemory(0, length);
        return _bytes.AsSpan(0, length);
    }

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (var i = bytes.Length - 1; i >= 0; i--) number = number << 8 | bytes[i];
        return number;
    }
}
