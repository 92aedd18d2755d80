using System.Buffers.Binary;
using System.Text;

namespace Demilune.Linux.Bpf;

/// <summary>
/// As much of ELF-64 (little-endian) as a compiler writes for eBPF: sections, symbols, and relocations against maps.
/// Anything else that would need linking (globals, calls between functions, BTF-defined maps) is refused by name.
/// </summary>
internal static class ElfReader
{
    private const int BpfMachine = 247, SymbolTable = 2, Relocations = 9, RelocationMap64 = 1, FunctionSymbol = 2;
    private const int SectionHeaderLength = 64, SymbolLength = 24, RelocationLength = 16, MapDefinitionLength = 20;
    private const byte LoadImmediate64 = 0x18;

    private readonly record struct Section(string Name, uint Type, int Offset, int Length, int Link, int Info);
    private readonly record struct Symbol(string Name, int Type, int Section, int Value, int Size);

    internal static BpfObjectSpec Read(ReadOnlySpan<byte> elf)
    {
        if (elf.Length < 64 || !elf.StartsWith("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1 || U16(elf, 18) != BpfMachine)
            throw new InvalidDataException("not a little-endian 64-bit eBPF object");
        var sections = Sections(elf);
        var symbols = Symbols(elf, sections);

        var maps = new List<BpfMapSpec>();
        var mapsSection = Array.FindIndex(sections, section => section.Name == "maps");
        foreach (var symbol in symbols.Where(symbol => symbol.Section == mapsSection && symbol.Size == MapDefinitionLength))
        {
            var row = Slice(elf, sections[mapsSection].Offset + symbol.Value, MapDefinitionLength, "map definition");
            maps.Add(new(symbol.Name, (BpfMapType)U32(row, 0), U32(row, 4), U32(row, 8), U32(row, 12), U32(row, 16)));
        }
        maps.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));

        var programs = new List<BpfProgramSpec>();
        foreach (var symbol in symbols.Where(symbol => symbol.Type == FunctionSymbol && symbol.Size > 0))
        {
            if (symbol.Section >= sections.Length) throw new InvalidDataException($"program {symbol.Name}: no such section");
            var section = sections[symbol.Section];
            var code = Slice(elf, section.Offset + symbol.Value, symbol.Size, symbol.Name).ToArray();
            if (symbol.Value + symbol.Size > section.Length || code.Length % 8 != 0) throw new InvalidDataException($"program {symbol.Name}: outside {section.Name}");
            programs.Add(new(symbol.Name, section.Name, code, References(elf, sections, symbols, symbol, code, mapsSection)));
        }
        programs.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));

        var license = sections.FirstOrDefault(section => section.Name == "license") is { Length: > 0 } found
            ? Text(elf, found.Offset) : throw new InvalidDataException("no section \"license\"");
        return new(maps, programs, license);
    }

    private static List<BpfMapReference> References(
        ReadOnlySpan<byte> elf, Section[] sections, Symbol[] symbols, Symbol program, byte[] code, int mapsSection)
    {
        var references = new List<BpfMapReference>();
        foreach (var table in sections.Where(section => section.Type == Relocations && section.Info == program.Section))
            for (var at = 0; at + RelocationLength <= table.Length; at += RelocationLength)
            {
                var row = Slice(elf, table.Offset + at, RelocationLength, table.Name);
                var offset = Int(row, 0) - program.Value;
                if (offset < 0 || offset >= program.Size) continue;
                var (type, index) = (U32(row, 8), (int)Math.Min(U32(row, 12), int.MaxValue));
                if (index >= symbols.Length) throw new InvalidDataException($"program {program.Name}: relocation names symbol {index} of {symbols.Length}");
                var symbol = symbols[index];
                if (type != RelocationMap64 || symbol.Section != mapsSection || offset + 16 > code.Length || code[offset] != LoadImmediate64)
                    throw new InvalidDataException($"program {program.Name}: instruction {offset / 8} refers to \"{symbol.Name}\", which is no map: "
                        + "globals and functions that are not inlined need a linker");
                references.Add(new(offset, symbol.Name));
            }
        return references;
    }

    private static Section[] Sections(ReadOnlySpan<byte> elf)
    {
        var (table, count, names) = (Int(elf, 40), U16(elf, 60), U16(elf, 62));
        var sections = new Section[count];
        var nameTable = names < count ? Offset(Slice(elf, table + names * SectionHeaderLength, SectionHeaderLength, "section header")) : 0;
        for (var i = 0; i < count; i++)
        {
            var row = Slice(elf, table + i * SectionHeaderLength, SectionHeaderLength, "section header");
            sections[i] = new(Text(elf, nameTable + (int)U32(row, 0)), U32(row, 4), Offset(row), Int(row, 32), (int)U32(row, 40), (int)U32(row, 44));
        }
        return sections;

        static int Offset(ReadOnlySpan<byte> row) => Int(row, 24);
    }

    private static Symbol[] Symbols(ReadOnlySpan<byte> elf, Section[] sections)
    {
        var table = Array.Find(sections, section => section.Type == SymbolTable);
        if (table.Length <= 0 || (uint)table.Link >= (uint)sections.Length) throw new InvalidDataException("no symbol table");
        var symbols = new Symbol[table.Length / SymbolLength];
        for (var i = 0; i < symbols.Length; i++)
        {
            var row = Slice(elf, table.Offset + i * SymbolLength, SymbolLength, "symbol");
            symbols[i] = new(Text(elf, sections[table.Link].Offset + (int)U32(row, 0)), row[4] & 15, U16(row, 6), Int(row, 8), Int(row, 16));
        }
        return symbols;
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> elf, int offset, int length, string what) =>
        offset >= 0 && length >= 0 && length <= elf.Length - offset && offset <= elf.Length
            ? elf.Slice(offset, length) : throw new InvalidDataException($"{what}: outside the file");

    private static string Text(ReadOnlySpan<byte> elf, int offset)
    {
        var rest = Slice(elf, offset, Math.Max(0, elf.Length - Math.Max(0, offset)), "name");
        var end = rest.IndexOf((byte)0);
        return end < 0 ? throw new InvalidDataException("a name without an end") : Encoding.ASCII.GetString(rest[..end]);
    }

    /// <summary>An offset or a length: no object that a compiler writes is larger than a quarter of a gigabyte, and sums of four stay in range.</summary>
    private static int Int(ReadOnlySpan<byte> bytes, int at) =>
        U64(bytes, at) is <= int.MaxValue / 8 and var value ? (int)value : throw new InvalidDataException("an offset or a length outside any object file");

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
