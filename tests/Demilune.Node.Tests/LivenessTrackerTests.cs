using Demilune.Node.Datapath;
using Demilune.Node.Observation;

namespace Demilune.Node.Tests;

public sealed class LivenessTrackerTests
{
    private readonly LivenessTracker _tracker = new();

    [Fact]
    public void A_firewall_that_has_not_started_has_not_failed() => Assert.Empty(Next(age: null));

    [Fact]
    public void The_first_heartbeat_is_a_transition_to_alive() => Assert.True(Assert.Single(Next(age: 1)).Alive);

    [Fact]
    public void Death_says_how_long_the_silence_was_and_recovery_what_it_cost()
    {
        Next(age: 1, dropped: 10, passed: 3);
        Assert.Empty(Next(age: 99, dropped: 10, passed: 3));
        var death = Assert.Single(Next(age: 101, dropped: 12, passed: 3));
        Assert.False(death.Alive);
        Assert.Equal(101_000UL, death.DecisionMicros);
        Assert.Empty(Next(age: 500, dropped: 60, passed: 4));
        var recovery = Assert.Single(Next(age: 2, dropped: 70, passed: 5));
        Assert.True(recovery.Alive);
        // Since it turned, not since it started: what was dropped before the death belongs to an earlier period.
        Assert.Equal(58UL, recovery.DroppedClosed);
        Assert.Equal(2UL, recovery.PassedOpen);
    }

    [Fact]
    public void A_port_pair_that_is_gone_and_comes_again_begins_anew()
    {
        Next(age: 1);
        Assert.Empty(_tracker.Next([], pair => pair, DateTimeOffset.UnixEpoch));
        Assert.Empty(Next(age: null));
    }

    private IReadOnlyList<Contracts.Nodes.Transition> Next(double? age, ulong dropped = 0, ulong passed = 0) => _tracker.Next(
        [new FirewallReading("p", age is { } ms ? TimeSpan.FromMilliseconds(ms) : null, TimeSpan.FromMilliseconds(100), 0, 0, 0, 0, dropped, passed, 0)],
        pair => pair, DateTimeOffset.UnixEpoch);
}
