using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Bpf.BpfSyscall;

namespace Demilune.Linux.Bpf;

/// <summary>A program that the verifier has accepted.</summary>
public sealed unsafe class BpfProgram : IDisposable
{
    private const uint SchedClassifier = 3;
    private const int LogLength = 1 << 20;
    private const byte PseudoMapDescriptor = 1;

    private BpfProgram(BpfProgramSpec spec, SafeFileHandle handle) => (Spec, Handle) = (spec, handle);

    /// <summary>What was loaded.</summary>
    public BpfProgramSpec Spec { get; }

    internal SafeFileHandle Handle { get; }

    /// <summary>How many the verifier walked through, over all paths; it refuses more than a million.</summary>
    public int VerifiedInstructions => File.ReadLines($"/proc/self/fdinfo/{Handle.Descriptor()}").Select(line => line.Split(':'))
        .Where(line => line[0] == "verified_insns").Select(line => int.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();

    /// <summary>Fills in the maps and loads.</summary>
    /// <exception cref="BpfException">The verifier refused (the message has the end of its log), or the kernel did.</exception>
    public static BpfProgram Load(BpfProgramSpec spec, string license, IReadOnlyDictionary<string, BpfMap> maps)
    {
        var code = spec.Instructions.ToArray();
        foreach (var (offset, name) in spec.References)
        {
            if (!maps.TryGetValue(name, out var map)) throw new ArgumentException($"program {spec.Name} wants table {name}, which was not given");
            code[offset + 1] = (byte)((code[offset + 1] & 0x0f) | PseudoMapDescriptor << 4);
            BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(offset + 4), map.Handle.Descriptor());
        }
        var handle = Load(spec, license, code, log: null);
        if (!handle.IsInvalid) return new(spec, handle);

        // Once more, only to hear why: the log costs time and memory that a good program need not pay.
        var log = new byte[LogLength];
        using var again = Load(spec, license, code, log);
        throw BpfException.FromLastError($"load program {spec.Name} ({code.Length / 8} instructions){Summary(log)}");
    }

    private static SafeFileHandle Load(BpfProgramSpec spec, string license, byte[] code, byte[]? log)
    {
        fixed (byte* instructions = code, text = log, terms = Encoding.ASCII.GetBytes(license + "\0"))
        {
            ProgramLoad attributes = new()
            {
                Type = SchedClassifier, InstructionCount = (uint)(code.Length / 8), Instructions = instructions, License = terms,
                ExpectedAttachType = (uint)spec.Direction,
                LogLevel = log is null ? 0u : 1u, LogSize = (uint)(log?.Length ?? 0), Log = text,
            };
            BpfMap.CopyName(spec.Name, attributes.Name);
            return BpfSyscall.Open(Command.ProgramLoad, ref attributes);
        }
    }

    /// <summary>The last lines of the verifier's log say what it could not prove, and after which instructions.</summary>
    internal static string Summary(ReadOnlySpan<byte> log)
    {
        var end = log.IndexOf((byte)0);
        var lines = Encoding.UTF8.GetString(end < 0 ? log : log[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? "" : "; the verifier says:\n" + string.Join('\n', lines.TakeLast(12)) + "\nerrno";
    }

    public void Dispose() => Handle.Dispose();
}
