using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Resolving;

namespace Demilune.Orchestrator.Tests.Resolving;

public sealed class TagAllocationTests
{
    [Fact]
    public void Each_policy_keeps_the_tag_it_has_and_new_ones_get_others()
    {
        var tags = new TagAllocation().Allocate([A.Policy("a", 7), A.Policy("b", null), A.Policy("c", null)]);
        Assert.Equal(7, tags["a"]);
        Assert.Equal([7, 8, 9], tags.Values.Order());
    }

    [Fact]
    public void Of_two_with_one_tag_the_elder_keeps_it()
    {
        var young = A.Policy("a", 7);
        young.Metadata.CreationTimestamp = A.Now.UtcDateTime.AddDays(1);
        var tags = new TagAllocation().Allocate([young, A.Policy("z", 7)]);
        Assert.Equal(7, tags["z"]);
        Assert.NotEqual(7, tags["a"]);
    }

    [Fact]
    public void The_tag_of_a_deleted_policy_is_not_the_next_to_be_given()
    {
        var allocation = new TagAllocation();
        var first = allocation.Allocate([A.Policy("a", null)])["a"];
        allocation.Allocate([]);
        Assert.NotEqual(first, allocation.Allocate([A.Policy("b", null)])["b"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PolicyTags.Missing)]
    [InlineData(4095)]
    public void A_tag_that_means_something_else_is_replaced(int tag) =>
        Assert.InRange(new TagAllocation().Allocate([A.Policy("a", tag)])["a"], PolicyTags.First, PolicyTags.Last);

    [Fact]
    public void When_all_are_taken_the_last_comers_get_none()
    {
        var count = PolicyTags.Last - PolicyTags.First + 1;
        var tags = new TagAllocation().Allocate(Enumerable.Range(0, count + 5).Select(index => A.Policy($"p{index:D5}", null)));
        Assert.Equal(count, tags.Count);
        Assert.Equal(count, tags.Values.Distinct().Count());
        Assert.DoesNotContain("p" + (count + 1).ToString("D5"), tags.Keys);
    }
}
