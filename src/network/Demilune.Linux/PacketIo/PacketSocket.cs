using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Demilune.Linux.Interop;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Interop.AfPacket;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>
/// A raw packet socket on one interface: it sees every frame that arrives there and none that leaves, whole up to
/// the size of a super-frame, with the metadata (checksum still to be filled in, segments still to be cut, 802.1Q
/// tag) that lets the same frame be sent on as cheaply as it came.
/// </summary>
/// <remarks>
/// It belongs to the network namespace of the thread that opened it, wherever it is used later. Needs CAP_NET_RAW.
/// No ring: <c>recvmmsg</c> on a plain socket was as fast as TPACKET_V2 and, unlike TPACKET_V3, adds no delay.
/// PACKET_QDISC_BYPASS is left off: it breaks bulk TCP when the egress interface cannot segment.
/// </remarks>
public sealed unsafe class PacketSocket : IDisposable
{
    private readonly SafeFileHandle _handle;

    private PacketSocket(SafeFileHandle handle, string interfaceName, int interfaceIndex)
    {
        _handle = handle;
        InterfaceName = interfaceName;
        InterfaceIndex = interfaceIndex;
        Descriptor = (int)handle.DangerousGetHandle();
    }

    public string InterfaceName { get; }

    public int InterfaceIndex { get; }

    internal int Descriptor { get; }

    /// <summary>True if there is an interface of this name in the namespace of the calling thread.</summary>
    public static bool InterfaceExists(string interfaceName) => if_nametoindex(interfaceName) != 0;

    /// <param name="interfaceName">An Ethernet interface in the namespace of the calling thread. It need not be up.</param>
    /// <param name="bufferBytes">
    /// What the kernel may queue each way. Default 32 MiB, some 250 super-frames. Beyond net.core.rmem_max it needs
    /// CAP_NET_ADMIN; without, the limit is what is got.
    /// </param>
    /// <exception cref="Win32Exception">No such interface, no CAP_NET_RAW, or a kernel without an option we need.</exception>
    public static PacketSocket Open(string interfaceName, int bufferBytes = 32 << 20)
    {
        var index = if_nametoindex(interfaceName);
        if (index == 0) throw LastError($"find interface {interfaceName}");
        // Protocol 0: nothing may arrive before bind says from which interface and setsockopt in which form.
        var handle = Interop.Socket.Open(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (handle.IsInvalid) throw LastError("open a packet socket (CAP_NET_RAW is needed)");
        var socket = new PacketSocket(handle, interfaceName, (int)index);
        try
        {
            socket.Set(SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
            socket.Set(SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA");
            socket.Set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING (Linux 4.20)");
            if (!socket.TrySet(SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes)) socket.Set(SOL_SOCKET, SO_RCVBUF, bufferBytes, "SO_RCVBUF");
            if (!socket.TrySet(SOL_SOCKET, SO_SNDBUFFORCE, bufferBytes)) socket.Set(SOL_SOCKET, SO_SNDBUF, bufferBytes, "SO_SNDBUF");
            socket.Bind();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Frames that the kernel had to throw away because they were not fetched in time, since the last call.</summary>
    public long TakeOverruns()
    {
        tpacket_stats stats;
        var length = (uint)sizeof(tpacket_stats);
        return getsockopt(_handle, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0 ? stats.tp_drops : 0;
    }

    public void Dispose() => _handle.Dispose();

    internal static Win32Exception LastError(string action)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new(errno, $"{action}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    private void Bind()
    {
        var address = new sockaddr_ll
        {
            sll_family = AF_PACKET,
            sll_protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(ETH_P_ALL) : ETH_P_ALL,
            sll_ifindex = InterfaceIndex,
        };
        if (bind(_handle, &address, (uint)sizeof(sockaddr_ll)) != 0) throw LastError($"bind a packet socket to {InterfaceName}");
    }

    private bool TrySet(int level, int name, int value) => setsockopt(_handle, level, name, &value, sizeof(int)) == 0;

    private void Set(int level, int name, int value, string what)
    {
        if (!TrySet(level, name, value)) throw LastError($"set {what} on the packet socket of {InterfaceName}");
    }
}
