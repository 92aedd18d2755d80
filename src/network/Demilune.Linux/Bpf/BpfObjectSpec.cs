namespace Demilune.Linux.Bpf;

/// <summary>What an eBPF object file says, before any kernel has been asked: the same bytes give the same spec.</summary>
/// <param name="License">The "license" section: helpers marked GPL-only need "GPL".</param>
public sealed record BpfObjectSpec(IReadOnlyList<BpfMapSpec> Maps, IReadOnlyList<BpfProgramSpec> Programs, string License)
{
    /// <exception cref="InvalidDataException">Not an eBPF object, or one that needs more than this loader does; says what.</exception>
    public static BpfObjectSpec Parse(ReadOnlySpan<byte> elf)
    {
        try
        {
            return ElfReader.Read(elf);
        }
        catch (OverflowException error)
        {
            throw new InvalidDataException("a position or length beyond any file", error);
        }
    }

    /// <summary>The same with other table sizes, for a node that wants more or less than the object's defaults.</summary>
    public BpfObjectSpec WithEntries(IReadOnlyDictionary<string, uint> entries) =>
        this with { Maps = [.. Maps.Select(map => entries.TryGetValue(map.Name, out var count) ? map with { MaxEntries = count } : map)] };
}

/// <summary>A table as the object defines it: <c>struct map_definition</c> in section "maps".</summary>
public sealed record BpfMapSpec(string Name, BpfMapType Type, uint KeySize, uint ValueSize, uint MaxEntries, uint Flags);

/// <summary>A program: instructions of eight bytes, and which of them load the address of which map.</summary>
public sealed record BpfProgramSpec(string Name, string Section, ReadOnlyMemory<byte> Instructions, IReadOnlyList<BpfMapReference> References)
{
    /// <summary>Where it wants to be attached; by its section, "tcx/ingress" or "tcx/egress".</summary>
    public TcxDirection Direction => Section switch
    {
        "tcx/ingress" => TcxDirection.Ingress,
        "tcx/egress" => TcxDirection.Egress,
        _ => throw new InvalidDataException($"program {Name}: section {Section} is neither tcx/ingress nor tcx/egress"),
    };
}

/// <param name="Offset">Byte offset of the two-slot load instruction within the program.</param>
public readonly record struct BpfMapReference(int Offset, string Map);

/// <summary>enum bpf_map_type.</summary>
public enum BpfMapType
{
    Hash = 1, Array = 2, PerCpuHash = 5, PerCpuArray = 6, LruHash = 9, LpmTrie = 11, RingBuffer = 27,
}

/// <summary>enum bpf_attach_type of the two tcx hooks (Linux 6.6).</summary>
public enum TcxDirection
{
    Ingress = 46, Egress = 47,
}
