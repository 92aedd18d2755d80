using Demilune.Linux.Netlink;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Node.Tests;

public sealed class NodeSettingsTests
{
    [Fact]
    public void A_prepared_node_lets_a_firewall_queue_sixteen_mebibytes_and_a_larger_limit_stays()
    {
        Assert.SkipUnless(Environment.UserName == "root", "net.core.rmem_max is root's");
        NodeSettings.Prepare(NullLogger.Instance);
        var limit = long.Parse(Sysctl.Read("net/core/rmem_max")!);
        Assert.True(limit >= NodeSettings.ReceiveBuffer);
        NodeSettings.Prepare(NullLogger.Instance);
        Assert.Equal(limit, long.Parse(Sysctl.Read("net/core/rmem_max")!));
    }

    [Fact]
    public void Whether_the_node_forwards_is_left_to_its_administrator()
    {
        var before = Sysctl.Read("net/ipv4/ip_forward");
        NodeSettings.Prepare(NullLogger.Instance);
        Assert.Equal(before, Sysctl.Read("net/ipv4/ip_forward"));
    }
}
