using System.Globalization;
using Demilune.Linux.Netlink;
using Microsoft.Extensions.Logging;

namespace Demilune.Node;

/// <summary>The node's own settings, as far as they are the agent's business: one is raised, two are only looked at.</summary>
internal static class NodeSettings
{
    /// <summary>
    /// What a firewall's packet socket may queue each way, in bytes: some 120 super-frames, the work of 10 ms at 10 Gbit/s. It has no CAP_NET_ADMIN,
    /// so it gets no more than the node allows; Debian's 208 KiB hold three super-frames.
    /// </summary>
    public const long ReceiveBuffer = 16 << 20;

    private const string ReceiveBufferKey = "net/core/rmem_max";

    /// <summary>Says what it changes, and what is not as pods need it.</summary>
    /// <remarks>
    /// Forwarding is not switched on: pods of this node reach each other without it, and a host that begins to route between all its interfaces, and
    /// (IPv6) stops to believe router advertisements, is the administrator's decision. Kubernetes asks for it anyway.
    /// </remarks>
    public static void Prepare(ILogger log)
    {
        RaiseReceiveBuffer(log);
        foreach (var key in new[] { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding" })
            if (Sysctl.Read(key) == "0") log.ForwardingOff(key.Replace('/', '.'));
    }

    private static void RaiseReceiveBuffer(ILogger log)
    {
        if (Sysctl.Read(ReceiveBufferKey) is not { } text || !long.TryParse(text, CultureInfo.InvariantCulture, out var present) || present >= ReceiveBuffer) return;
        try
        {
            Sysctl.Write(ReceiveBufferKey, ReceiveBuffer.ToString(CultureInfo.InvariantCulture));
            log.ReceiveBufferRaised(present, ReceiveBuffer);
        }
        catch (IOException error)
        {
            // /proc/sys is often read-only in a container: the firewalls work with less, and lose frames at bulk.
            log.ReceiveBufferLow(present, ReceiveBuffer, error.Message);
        }
    }
}
