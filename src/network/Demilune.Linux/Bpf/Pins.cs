using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Bpf.BpfSyscall;

namespace Demilune.Linux.Bpf;

/// <summary>Names for kernel objects in a BPF file system: what has one outlives its process.</summary>
internal static unsafe class Pins
{
    internal static void Pin(string path, SafeFileHandle handle)
    {
        fixed (byte* name = ZeroEnded(path))
        {
            ObjectPath attributes = new() { Path = name, Descriptor = (uint)handle.Descriptor() };
            if (Call(Command.ObjectPin, ref attributes) < 0) throw BpfException.FromLastError($"pin at {path}");
        }
    }

    /// <summary>Null: nothing there.</summary>
    internal static SafeFileHandle? Open(string path)
    {
        fixed (byte* name = ZeroEnded(path))
        {
            ObjectPath attributes = new() { Path = name };
            var handle = BpfSyscall.Open(Command.ObjectGet, ref attributes);
            if (!handle.IsInvalid) return handle;
        }
        return Marshal.GetLastPInvokeError() == BpfException.NoEntry ? null : throw BpfException.FromLastError($"open what is pinned at {path}");
    }

    private static byte[] ZeroEnded(string path) => [.. Encoding.UTF8.GetBytes(path), 0];
}
