using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Interop.AfPacket;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>
/// Sends whole frames out of one interface, unseen by whoever listens there with a packet socket of its own, and receives nothing. It belongs to
/// the network namespace of the thread that opened it. Needs CAP_NET_RAW.
/// </summary>
public sealed unsafe class PacketSender : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _interfaceName;

    private PacketSender(SafeFileHandle handle, string interfaceName) => (_handle, _interfaceName) = (handle, interfaceName);

    /// <exception cref="Win32Exception">No such interface, or no CAP_NET_RAW.</exception>
    public static PacketSender Open(string interfaceName)
    {
        var index = if_nametoindex(interfaceName);
        if (index == 0) throw PacketSocket.LastError($"find interface {interfaceName}");
        var handle = Interop.Socket.Open(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (handle.IsInvalid) throw PacketSocket.LastError("open a packet socket (CAP_NET_RAW is needed)");
        // Past the queueing discipline is past the taps: an engine that forwards what it sees leave would else forward this too.
        var bypass = 1;
        var address = new sockaddr_ll { sll_family = AF_PACKET, sll_ifindex = (int)index };
        if (setsockopt(handle, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(int)) == 0 && bind(handle, &address, (uint)sizeof(sockaddr_ll)) == 0) return new(handle, interfaceName);
        var error = PacketSocket.LastError($"bind a packet socket to {interfaceName}");
        handle.Dispose();
        throw error;
    }

    /// <returns>False if the kernel refused the frame: no memory, the interface is down.</returns>
    /// <exception cref="InterfaceGoneException">The interface was deleted.</exception>
    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            if (send((int)_handle.DangerousGetHandle(), bytes, (nuint)frame.Length, 0) >= 0) return true;
        if (Marshal.GetLastPInvokeError() is ENXIO or ENODEV) throw new InterfaceGoneException(_interfaceName);
        return false;
    }

    public void Dispose() => _handle.Dispose();
}
