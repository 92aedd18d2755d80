using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Tests.Facts;

public sealed class EndingNamespacesTests
{
    private static readonly PolicyId s_deny = new(new Name("shop", "deny"), PolicyKind.NetworkPolicy), s_other = new(new Name("other", "deny"), PolicyKind.NetworkPolicy);

    private readonly EndingNamespaces _ending = new();

    [Fact]
    public void A_policy_that_goes_before_the_pods_of_its_ending_namespace_holds_until_the_last_of_them_is_gone()
    {
        _ending.SetNamespace("shop", isEnding: true);
        Assert.True(_ending.Keeps(s_deny));
        Assert.Empty(_ending.Release(() => new HashSet<string> { "shop", "other" }));
        Assert.Equal([s_deny], _ending.Release(() => new HashSet<string> { "other" }));
        Assert.Empty(_ending.Release(() => new HashSet<string>()));
    }

    [Fact]
    public void Elsewhere_a_policy_that_is_deleted_is_gone()
    {
        _ending.SetNamespace("shop", isEnding: true);
        _ending.SetNamespace("other", isEnding: false);
        Assert.False(_ending.Keeps(s_other));
        Assert.False(_ending.Keeps(new PolicyId(new Name("", "deny"), PolicyKind.ClusterNetworkPolicy)));
    }

    [Fact]
    public void A_namespace_that_is_gone_or_made_anew_keeps_nothing_and_a_policy_that_is_made_anew_speaks_for_itself()
    {
        _ending.SetNamespace("shop", isEnding: true);
        Assert.True(_ending.Keeps(s_deny));
        _ending.SetNamespace("shop", isEnding: false);
        Assert.Equal([s_deny], _ending.Release(() => new HashSet<string> { "shop" }));
        _ending.SetNamespace("shop", isEnding: true);
        Assert.True(_ending.Keeps(s_deny));
        _ending.SetPolicy(s_deny);
        Assert.Empty(_ending.Release(() => new HashSet<string>()));
    }

    [Fact]
    public void Nobody_counts_pods_while_nothing_is_kept() => Assert.Empty(_ending.Release(() => throw new InvalidOperationException("counted")));
}
