#pragma warning disable CS8981 // the names of the C headers are kept
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Demilune.Linux.Interop;

/// <summary>linux/ethtool.h and what of net/if.h it travels in.</summary>
internal static unsafe partial class Ethtool
{
    internal const int AF_INET = 2;
    internal const int SOCK_DGRAM = 2;
    internal const nuint SIOCETHTOOL = 0x8946;

    internal const uint ETHTOOL_STXCSUM = 0x17;
    internal const uint ETHTOOL_SSG = 0x19;

    internal const int IFNAMSIZ = 16;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ethtool_value
    {
        internal uint cmd;
        internal uint data;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ifreq
    {
        internal fixed byte ifr_name[IFNAMSIZ];
        internal void* ifr_data;
        private fixed byte _rest[16];
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeFileHandle descriptor, nuint request, void* argument);
}
