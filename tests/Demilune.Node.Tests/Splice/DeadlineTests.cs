using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;
using Demilune.Node.Observation;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Tests.Splice;

public sealed class DeadlineTests
{
    [Theory]
    [InlineData(0u, false, 100u)]
    [InlineData(0u, true, 100u)]
    [InlineData(10u, true, 10u)]
    [InlineData(10u, false, 100u)]
    [InlineData(1u, true, 10u)]
    [InlineData(2_000u, false, 2_000u)]
    [InlineData(2_000u, true, 2_000u)]
    public void No_deadline_is_shorter_than_the_engine_can_keep(uint asked, bool canHurry, uint inForce) =>
        Assert.Equal(inForce, Deadline.Of(new Firewall { HeartbeatDeadlineMs = asked }, canHurry));

    [Fact]
    public void A_pair_that_is_nobodys_yet_has_the_ordinary_one() => Assert.Equal(Deadline.Ordinary, Deadline.Of(null, canHurry: false));

    [Theory]
    [InlineData(100, 20)]
    [InlineData(10, 2)]
    [InlineData(30, 6)]
    public void Liveness_is_read_often_enough_for_the_shortest_deadline(int deadline, int interval)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(20), Observer.IntervalFor([]));
        Assert.Equal(TimeSpan.FromMilliseconds(interval), Observer.IntervalFor([Reading(100), Reading(deadline)]));
    }

    private static FirewallReading Reading(int deadline) => new("pair", TimeSpan.Zero, TimeSpan.FromMilliseconds(deadline), 0, 0, 0, 0, 0, 0, 0);
}
