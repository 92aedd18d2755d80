using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;

namespace Demilune.Node.Interfaces;

/// <summary>
/// The limits of a pod's traffic: a queue at each end of its veth, so that what a pod sends waits in its own namespace, where its sockets feel it,
/// and what is sent to it waits at the host's end.
/// </summary>
internal static class PodQueues
{
    /// <summary>What may wait: at the limit's rate so much time passes until it is gone. TCP needs some to find the rate, and none likes more.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    /// <summary>The burst of a limit that names none: what passes in this time at its rate.</summary>
    private static readonly TimeSpan UsualBurst = TimeSpan.FromMilliseconds(20);

    /// <summary>Frames that the burst holds at least: with one only, each small packet before it would make it wait.</summary>
    private const int LeastFrames = 4;

    /// <summary>Makes the two ends as the limits say; null: none. Running it twice is running it once.</summary>
    /// <exception cref="NetlinkException">The kernel said no.</exception>
    public static void Set(InterfacePlan plan, Bandwidth? ingress, Bandwidth? egress)
    {
        using (var host = new RouteNetlink()) Set(host, plan.HostName, plan.Mtu, ingress);
        using var pod = NetworkNamespace.Open(plan.Netns);
        pod.Run(() =>
        {
            using var inside = new RouteNetlink();
            Set(inside, plan.Name, plan.Mtu, egress);
        });
    }

    internal static TokenBucket BucketOf(Bandwidth limit, int mtu)
    {
        var rate = Math.Max(1, limit.KilobitsPerSecond * 1000 / 8);
        var least = (ulong)(mtu + 14) * LeastFrames;
        var burst = limit.BurstKilobits > 0 ? limit.BurstKilobits * 1000 / 8 : (ulong)(rate * UsualBurst.TotalSeconds);
        burst = Math.Clamp(burst, least, int.MaxValue);
        return new(rate, (uint)burst, (uint)Math.Clamp(burst + (ulong)(rate * LongestWait.TotalSeconds), 2 * least, int.MaxValue));
    }

    private static void Set(RouteNetlink netlink, string name, int mtu, Bandwidth? limit)
    {
        var index = (netlink.FindLink(name) ?? throw new IOException($"{name} does not exist")).Index;
        if (limit is null) netlink.DeleteQueueOf(index);
        else netlink.SetQueue(index, BucketOf(limit, mtu));
    }
}
