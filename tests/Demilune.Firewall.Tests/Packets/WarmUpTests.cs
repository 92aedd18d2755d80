using Demilune.Firewall.Packets;
using Demilune.Firewall.Regex;

namespace Demilune.Firewall.Tests.Packets;

public sealed class WarmUpTests
{
    [Fact]
    public void Every_kind_of_rule_is_tried_in_every_round() =>
        Assert.True(WarmUp.Run(new() { Regex = PcreRegexEngine.BestAvailable() }, default) >= 64 * 3);
}
