using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Demilune.Linux.Interop;
using static Demilune.Linux.Interop.Ethtool;

namespace Demilune.Linux.Netlink;

/// <summary>What an interface leaves to whoever receives its frames.</summary>
public static unsafe class Offloads
{
    /// <summary>
    /// From now on every frame that leaves by the interface is whole as on a cable: cut to the MTU, its checksums filled in. Saying it twice is
    /// saying it once.
    /// </summary>
    /// <remarks>Without checksums and scatter-gather the kernel itself drops every kind of segmentation from the interface's features.</remarks>
    /// <exception cref="Win32Exception">There is no such interface in the namespace of the calling thread, or no CAP_NET_ADMIN.</exception>
    public static void DisableTransmit(string interfaceName)
    {
        using var socket = Interop.Socket.Open(AF_INET, SOCK_DGRAM | Interop.Socket.SOCK_CLOEXEC, 0);
        foreach (var command in (ReadOnlySpan<uint>)[ETHTOOL_STXCSUM, ETHTOOL_SSG])
        {
            var value = new ethtool_value { cmd = command, data = 0 };
            var request = new ifreq { ifr_data = &value };
            var name = new Span<byte>(request.ifr_name, IFNAMSIZ);
            if (!Encoding.UTF8.TryGetBytes(interfaceName, name[..^1], out _)) throw new ArgumentException($"{interfaceName} is longer than an interface's name can be", nameof(interfaceName));
            if (ioctl(socket, SIOCETHTOOL, &request) == 0) continue;
            var errno = Marshal.GetLastPInvokeError();
            throw new Win32Exception(errno, $"switch off transmit offloads of {interfaceName}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
    }
}
