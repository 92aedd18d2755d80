using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Bpf.BpfSyscall;

namespace Demilune.Linux.Bpf;

/// <summary>A program's place on an interface. Lives as long as it is open or pinned and the interface exists.</summary>
public sealed unsafe class TcxLink : IDisposable
{
    private readonly SafeFileHandle _handle;

    private TcxLink(SafeFileHandle handle) => _handle = handle;

    /// <summary>The interface it is attached to; 0: that interface is gone, and the link is a husk.</summary>
    public int InterfaceIndex
    {
        get
        {
            TcxLinkInfo info = default;
            ObjectInfo attributes = new() { Descriptor = (uint)_handle.Descriptor(), Length = (uint)sizeof(TcxLinkInfo), Info = &info };
            return Call(Command.ObjectGetInfo, ref attributes) < 0 ? throw BpfException.FromLastError("read a tcx link") : (int)info.InterfaceIndex;
        }
    }

    /// <exception cref="BpfException">EINVAL on a kernel before 6.6; ENODEV: no such interface.</exception>
    public static TcxLink Attach(BpfProgram program, int interfaceIndex)
    {
        LinkCreate attributes = new()
        {
            Program = (uint)program.Handle.Descriptor(), Target = (uint)interfaceIndex, AttachType = (uint)program.Spec.Direction,
        };
        var handle = BpfSyscall.Open(Command.LinkCreate, ref attributes);
        if (!handle.IsInvalid) return new(handle);
        var errno = Marshal.GetLastPInvokeError();      // before anything else can overwrite it
        var hint = errno == BpfException.InvalidArgument ? $" (tcx needs Linux 6.6; this is {Environment.OSVersion.Version})" : "";
        throw new BpfException($"attach {program.Spec.Name} to interface {interfaceIndex}: {Marshal.GetPInvokeErrorMessage(errno)}{hint}", errno);
    }

    /// <summary>Null: nothing is pinned there.</summary>
    public static TcxLink? OpenPinned(string path) => Pins.Open(path) is { } handle ? new(handle) : null;

    /// <summary>Keeps the program attached when this process ends.</summary>
    public void Pin(string path) => Pins.Pin(path, _handle);

    /// <summary>Puts another program in the old one's place, between two packets.</summary>
    public void Replace(BpfProgram program)
    {
        LinkUpdate attributes = new() { Link = (uint)_handle.Descriptor(), NewProgram = (uint)program.Handle.Descriptor() };
        if (Call(Command.LinkUpdate, ref attributes) < 0) throw BpfException.FromLastError($"replace the program of a tcx link by {program.Spec.Name}");
    }

    public void Dispose() => _handle.Dispose();
}
