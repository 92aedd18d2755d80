using System.Runtime.InteropServices;

namespace Demilune.Linux.Bpf;

/// <summary>The file system in which kernel objects have names.</summary>
public static partial class BpfFileSystem
{
    private const string Root = "/sys/fs/bpf";
    private const long Magic = 0xcafe4a11;

    /// <summary>Makes <paramref name="directory"/> (under /sys/fs/bpf, which is mounted if it is not).</summary>
    /// <exception cref="BpfException">Not allowed to mount, or <paramref name="directory"/> is on another file system.</exception>
    public static void Prepare(string directory)
    {
        if (Path.GetFullPath(directory).StartsWith(Root + "/", StringComparison.Ordinal) && !IsMounted(Root)
            && Mount("bpf", Root, "bpf", 0, "mode=0700") < 0)
            throw BpfException.FromLastError($"mount the BPF file system at {Root}");
        Directory.CreateDirectory(directory);
        if (!IsMounted(directory)) throw new BpfException($"{directory} is not on a BPF file system; choose one under {Root}", BpfException.InvalidArgument);
    }

    private static unsafe bool IsMounted(string path)
    {
        var buffer = stackalloc long[64];       // struct statfs: 120 bytes, f_type first
        return StatFs(path, buffer) == 0 && buffer[0] == Magic;
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatFs(string path, long* buffer);
}
