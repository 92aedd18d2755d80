using Demilune.Neutron;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Tests.Planning;

public sealed class QuotaNeedsTests
{
    private static readonly Operation[] Plan =
    [
        new Create("a", new Port()), new Create("b", new Port()), new Create("c", new SecurityGroup()), new Create("d", new FlowClassifier()), new Delete("e", typeof(Port), "x"),
    ];

    [Fact]
    public void A_shortage_names_the_kind_the_numbers_and_the_way_out()
    {
        var told = Assert.Single(QuotaNeeds.Shortages(Plan, [new("port", 10, 9), new("security_group", 10, 9), new("flow_classifier", -1, 500)]));
        Assert.StartsWith("quota of port: 2 more are needed, 1 of 10 are free; raise it", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cloud_that_does_not_say_is_believed_to_have_enough() => Assert.Empty(QuotaNeeds.Shortages(Plan, []));
}
