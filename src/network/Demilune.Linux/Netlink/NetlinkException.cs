using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Demilune.Linux.Netlink;

/// <summary>The kernel refused a change of links, addresses, routes or neighbours. The message says which.</summary>
public sealed class NetlinkException(string what, int errno)
    : Win32Exception(errno, $"{what}: {Marshal.GetPInvokeErrorMessage(errno)}");
