using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Demilune.Linux.Bpf;

/// <summary>bpf(2), as in linux/bpf.h. One attribute struct per command; the kernel takes any prefix of its union.</summary>
internal static unsafe partial class BpfSyscall
{
    internal const int NameLength = 16;

    private static readonly nint Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 => 280,
        var other => throw new PlatformNotSupportedException($"bpf(2): no system call number known for {other}"),
    };

    internal static int Call<T>(Command command, ref T attributes) where T : unmanaged
    {
        fixed (T* pointer = &attributes) return (int)Syscall(Number, (nint)command, (nint)pointer, sizeof(T));
    }

    internal static SafeFileHandle Open<T>(Command command, ref T attributes) where T : unmanaged
    {
        var descriptor = Call(command, ref attributes);
        return new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
    }

    internal static int Descriptor(this SafeHandle handle) => (int)handle.DangerousGetHandle();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint command, nint attributes, nint size);

    internal enum Command
    {
        MapCreate = 0, MapLookup = 1, MapUpdate = 2, MapDelete = 3, MapGetNextKey = 4, ProgramLoad = 5, ObjectPin = 6, ObjectGet = 7,
        ObjectGetInfo = 15, MapUpdateBatch = 26, MapDeleteBatch = 27, LinkCreate = 28, LinkUpdate = 29, LinkDetach = 34,
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MapCreate
    {
        public uint Type, KeySize, ValueSize, MaxEntries, Flags, InnerMap, NumaNode;
        public fixed byte Name[NameLength];
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MapElement
    {
        public uint Map, Pad;
        public void* Key;
        public void* Value;         // or the next key
        public ulong Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MapBatch
    {
        public ulong InBatch, OutBatch;
        public void* Keys;
        public void* Values;
        public uint Count, Map;
        public ulong ElementFlags, Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ProgramLoad
    {
        public uint Type, InstructionCount;
        public void* Instructions;
        public byte* License;
        public uint LogLevel, LogSize;
        public byte* Log;
        public uint KernelVersion, Flags;
        public fixed byte Name[NameLength];
        public uint Interface, ExpectedAttachType;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ObjectPath
    {
        public byte* Path;
        public uint Descriptor, Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ObjectInfo
    {
        public uint Descriptor, Length;
        public void* Info;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkCreate
    {
        public uint Program, Target, AttachType, Flags;
        public uint RelativeTo, Pad;
        public ulong ExpectedRevision;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkUpdate
    {
        public uint Link, NewProgram, Flags, OldProgram;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkOnly
    {
        public uint Link;
    }

    /// <summary>struct bpf_map_info, as far as we read it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MapInfo
    {
        public uint Type, Id, KeySize, ValueSize, MaxEntries, Flags;
    }

    /// <summary>struct bpf_link_info of a tcx link.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TcxLinkInfo
    {
        public uint Type, Id, ProgramId, Pad, InterfaceIndex, AttachType;
    }
}
