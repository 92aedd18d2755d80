using Demilune.Linux.Bpf;

namespace Demilune.Fuzz.Targets;

/// <summary>The ELF reader: an object file comes off a disk that somebody else may write.</summary>
internal static class BpfObjectTarget
{
    public static FuzzTarget Object { get; } = new("elf", "eBPF object files", static input =>
    {
        try { BpfObjectSpec.Parse(input); }
        catch (InvalidDataException) { }    // the one way to refuse
    });
}
