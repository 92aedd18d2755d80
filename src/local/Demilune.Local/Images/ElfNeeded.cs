using System.Buffers.Binary;
using System.Text;

namespace Demilune.Local.Images;

/// <summary>What a program needs to be loaded: its interpreter and its shared libraries (ELF-64 little endian, gabi §5).</summary>
internal static class ElfNeeded
{
    private const int ProgramInterpreter = 3, ProgramDynamic = 2, ProgramLoad = 1;
    private const long TagNull = 0, TagNeeded = 1, TagStringTable = 5;
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, DynamicEntryBytes = 16;

    /// <summary>Names in the file's own order; the interpreter is a path.</summary>
    /// <returns>False: not an ELF file that this machine could load; every other file is skipped like that.</returns>
    public static bool TryRead(ReadOnlySpan<byte> file, out IReadOnlyList<string> libraries, out string? interpreter)
    {
        libraries = [];
        interpreter = null;
        if (file.Length < HeaderBytes || !file.StartsWith("\u007fELF"u8) || file[4] != 2 || file[5] != 1) return false;
        var table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]), count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        if (size < ProgramHeaderBytes) return false;
        var loads = new List<(ulong Address, ulong Offset, ulong Length)>();
        ReadOnlySpan<byte> dynamic = default;
        for (var i = 0; i < count; i++)
        {
            if (!TrySlice(file, table + (ulong)(i * size), ProgramHeaderBytes, out var header)) return false;
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            switch (BinaryPrimitives.ReadInt32LittleEndian(header))
            {
                case ProgramLoad:
                    loads.Add((BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), offset, length));
                    break;
                case ProgramDynamic when !TrySlice(file, offset, length, out dynamic):
                    return false;
                case ProgramInterpreter:
                    if (!TrySlice(file, offset, length, out var path)) return false;
                    interpreter = Text(path);
                    break;
            }
        }
        return TryReadNeeded(file, dynamic, loads, out libraries);
    }

    private static bool TryReadNeeded(
        ReadOnlySpan<byte> file, ReadOnlySpan<byte> dynamic, List<(ulong Address, ulong Offset, ulong Length)> loads, out IReadOnlyList<string> libraries)
    {
        var names = new List<ulong>();
        ulong? strings = null;
        libraries = [];
        for (var rest = dynamic; rest.Length >= DynamicEntryBytes; rest = rest[DynamicEntryBytes..])
        {
            var value = BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]);
            switch (BinaryPrimitives.ReadInt64LittleEndian(rest))
            {
                case TagNull:
                    rest = rest[..DynamicEntryBytes];
                    break;
                case TagNeeded:
                    names.Add(value);
                    break;
                case TagStringTable:
                    // The table is given by its address in memory; the segment that holds it says where that is in the file.
                    var segment = loads.FirstOrDefault(load => value >= load.Address && value - load.Address < load.Length);
                    if (segment.Length > 0) strings = value - segment.Address + segment.Offset;
                    break;
            }
        }
        if (names.Count == 0) return true;
        if (strings is not { } start || start > (ulong)file.Length) return false;
        var found = new List<string>();
        foreach (var name in names)
        {
            if (name >= (ulong)file.Length - start) return false;
            found.Add(Text(file[(int)(start + name)..]));
        }
        libraries = found;
        return true;
    }

    private static bool TrySlice(ReadOnlySpan<byte> file, ulong offset, ulong length, out ReadOnlySpan<byte> slice)
    {
        slice = default;
        if (offset > (ulong)file.Length || length > (ulong)file.Length - offset) return false;
        slice = file.Slice((int)offset, (int)length);
        return true;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);
}
