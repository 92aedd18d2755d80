using System.Collections.Immutable;
using Demilune.Policy.Model;
using Demilune.Raven.Design;
using Demilune.Raven.Reporting;
using k8s.Models;

namespace Demilune.Raven.Tests.Reporting;

public sealed class PolicyReportsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_policy_says_what_of_it_has_no_effect_and_nothing_of_its_namesakes()
    {
        var meta = new V1ObjectMeta { NamespaceProperty = "x", Name = "same", Generation = 3 };
        PolicyProblem[] problems =
        [
            new(PolicyKind.InspectionPolicy, new Name("x", "same"), "ipBlock.cidr \"nonsense\" is no CIDR"), new(PolicyKind.NetworkPolicy, new Name("x", "same"), "other"),
            new(PolicyKind.InspectionPolicy, new Name("y", "same"), "other"),
        ];
        var bad = PolicyReports.Of(PolicyKind.InspectionPolicy, meta, null, Of(problems), s_now).Conditions!.Single();
        Assert.Equal(("Accepted", "False", "Ineffective", "ipBlock.cidr \"nonsense\" is no CIDR.", 3L), (bad.Type, bad.Status, bad.Reason, bad.Message, bad.ObservedGeneration));
        var good = PolicyReports.Of(PolicyKind.ClusterNetworkPolicy, new V1ObjectMeta { Name = "same" }, null, Of(problems), s_now).Conditions!.Single();
        Assert.Equal("True", good.Status);
    }

    private static ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>> Of(PolicyProblem[] problems) => problems
        .GroupBy(problem => new PolicyId(problem.Policy, problem.Kind)).ToImmutableSortedDictionary(group => group.Key, group => group.ToImmutableArray());
}
