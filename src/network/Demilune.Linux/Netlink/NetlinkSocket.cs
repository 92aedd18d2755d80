using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Demilune.Linux.Netlink;

/// <summary>A route netlink socket of the network namespace in which it was opened. One request at a time.</summary>
internal sealed unsafe partial class NetlinkSocket : IDisposable
{
    private const int FamilyNetlink = 16, RawCloseOnExec = 3 | 0x80000, RouteProtocol = 0, ErrorType = 2, DoneType = 3;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[65536];      // more than the kernel ever puts into one datagram (32 KB)
    private uint _sequence;

    internal NetlinkSocket()
    {
        var descriptor = Socket(FamilyNetlink, RawCloseOnExec, RouteProtocol);
        if (descriptor < 0) throw new NetlinkException("open a netlink socket", Marshal.GetLastPInvokeError());
        _handle = new(descriptor, ownsHandle: true);
    }

    internal delegate void Reader(ReadOnlySpan<byte> payload);

    /// <summary>Sends and waits for the kernel's word; each answer before it goes to <paramref name="reader"/>, without its header.</summary>
    /// <returns>0, or errno.</returns>
    internal int Exchange(NetlinkMessage request, Reader? reader = null)
    {
        var bytes = request.Finish(++_sequence);
        fixed (byte* pointer = bytes)
            if (Send(Descriptor, pointer, bytes.Length, 0) < 0) return Marshal.GetLastPInvokeError();
        while (true)
        {
            nint received;
            fixed (byte* pointer = _buffer) received = Receive(Descriptor, pointer, _buffer.Length, 0);
            if (received < 0)
            {
                if (Marshal.GetLastPInvokeError() is 4 /* EINTR */) continue;
                return Marshal.GetLastPInvokeError();
            }
            for (var rest = _buffer.AsSpan(0, (int)received); rest.Length >= NetlinkMessage.HeaderLength;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                if (length < NetlinkMessage.HeaderLength || length > rest.Length) return 71;     // EPROTO
                var (type, sequence) = (BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
                var payload = rest[NetlinkMessage.HeaderLength..length];
                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
                if (sequence != _sequence) continue;
                if (type is ErrorType or DoneType) return payload.Length >= 4 ? -BinaryPrimitives.ReadInt32LittleEndian(payload) : 0;
                reader?.Invoke(payload);
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    private int Descriptor => (int)_handle.DangerousGetHandle();

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int descriptor, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int descriptor, byte* bytes, nint length, int flags);
}
