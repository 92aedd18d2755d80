using Demilune.Contracts.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Demilune.Sdn.Tests.Topology;

/// <summary>A change of many requests is one change to the nodes.</summary>
public sealed class HeldChangeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nodes_are_told_of_a_change_of_many_requests_at_once_and_each_that_it_concerns_hears_of_it_once()
    {
        using var world = World.Standard(time: _time);
        var heard = new List<IReadOnlySet<string>?>();
        world.Network.Changed += heard.Add;
        using (world.Network.Hold(TimeSpan.FromSeconds(1)))
        {
            world.Make("r1", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","remote_address_group_id":"$ag"}}""");
            Assert.Equal(200, world.Send("PUT", "address-groups/$ag/remove_addresses", """{"addresses":["10.2.0.1/32"]}""").Status);
            Assert.DoesNotContain(Told(world).SecurityGroups.SelectMany(group => group.Rules), rule => rule.RemoteAddressSet == world["ag"]);
            Assert.Empty(heard);
            // Who asks the network itself is told the truth.
            Assert.Equal(200, world.Send("GET", "security-group-rules/$r1").Status);
        }
        Assert.Contains(Told(world).SecurityGroups.SelectMany(group => group.Rules), rule => rule.RemoteAddressSet == world["ag"]);
        Assert.Equal(["10.1.0.0/16"], Told(world).AddressSets.Single(set => set.Id == world["ag"]).Prefixes);
        Assert.Equal(["n1", "n2"], Assert.Single(heard)!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_change_that_takes_too_long_is_told_as_far_as_it_is()
    {
        using var world = World.Standard(time: _time);
        using var held = world.Network.Hold(TimeSpan.FromSeconds(1));
        world.Make("r1", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","protocol":"tcp"}}""");
        var before = Told(world);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(before, Told(world));
        // What comes later is told as it comes, and the next change is held again.
        world.Make("r2", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","protocol":"udp"}}""");
        Assert.Contains(Told(world).SecurityGroups.SelectMany(group => group.Rules), rule => rule.Protocol == 17);
        using var next = world.Network.Hold(TimeSpan.FromSeconds(1));
        held.Dispose();
        Assert.Throws<InvalidOperationException>(() => world.Network.Hold(TimeSpan.FromSeconds(1)));
    }

    private static NodeState Told(World world) => world.Network.Compose("n1", NodeSupplement.Empty);
}
