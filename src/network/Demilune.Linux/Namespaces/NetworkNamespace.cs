using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Demilune.Linux.Namespaces;

/// <summary>A network namespace, held open: it lives at least as long as this object.</summary>
public sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000, BindMount = 0x1000, DetachMount = 2;

    private NetworkNamespace(string path, SafeFileHandle handle) => (Path, Handle) = (path, handle);

    /// <summary>The file it was opened by.</summary>
    public string Path { get; }

    internal SafeFileHandle Handle { get; }

    /// <param name="path">As CNI_NETNS gives it: <c>/var/run/netns/…</c> or <c>/proc/PID/ns/net</c>.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    public static NetworkNamespace Open(string path)
    {
        var handle = File.OpenHandle(path);
        return new(path, handle);
    }

    /// <summary>Makes a new, empty namespace and gives it a name in the file system, where it stays until <see cref="Delete"/>.</summary>
    public static NetworkNamespace Create(string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
        OnNewThread(() =>
        {
            if (Unshare(NewNetwork) < 0) throw Failure($"make network namespace {path}");
            if (Mount("/proc/thread-self/ns/net", path, null, BindMount, null) < 0) throw Failure($"name network namespace {path}");
            return 0;
        });
        return Open(path);
    }

    /// <summary>Takes the name away; the namespace goes with its last process. Nothing there: nothing done.</summary>
    public static void Delete(string path)
    {
        _ = Unmount(path, DetachMount);
        File.Delete(path);
    }

    /// <summary>Runs <paramref name="action"/> inside, on a thread of its own that ends with it.</summary>
    /// <remarks>Synchronous code only: an await would continue on a thread that is somewhere else.</remarks>
    public T Run<T>(Func<T> action) => OnNewThread(() => SetNamespace((int)Handle.DangerousGetHandle(), NewNetwork) < 0
        ? throw Failure($"enter network namespace {Path}") : action());

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action action) => Run(() =>
    {
        action();
        return 0;
    });

    public void Dispose() => Handle.Dispose();

    // A thread of the pool would carry the namespace into somebody else's work.
    private static T OnNewThread<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception error)     // carried over to the caller's thread, whole
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    private static IOException Failure(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
