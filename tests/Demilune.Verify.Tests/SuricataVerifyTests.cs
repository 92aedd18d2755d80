using Demilune.Verify.Tests.Cases;

namespace Demilune.Verify.Tests;

/// <summary>Other people's cases: the suite that Suricata 7.0.10 is verified by, on our engine.</summary>
public sealed class SuricataVerifyTests(Outcomes outcomes) : IClassFixture<Outcomes>
{
    public static TheoryData<string> Names => [.. Corpus.Directory is null ? ["none"] : Corpus.Names];

    [Theory, MemberData(nameof(Names))]
    public void A_case_is_judged_as_Suricata_judges_it(string name)
    {
        Assert.SkipWhen(Corpus.Directory is null, "The suite's cases are not here; DEMILUNE_CORPUS says where they are.");
        if (!outcomes.ByName.TryGetValue(name, out var outcome)) Assert.Skip("not asked for");
        if (outcome.Passed) return;
        Assert.SkipUnless(Outcomes.Passing.Contains(name), $"not yet: {outcome.Failure}");
        Assert.Fail(outcome.Failure!);
    }

    [Fact]
    public void Every_case_that_has_to_pass_exists()
    {
        Assert.SkipWhen(Corpus.Directory is null, "The suite's cases are not here; DEMILUNE_CORPUS says where they are.");
        Assert.Empty(Outcomes.Passing.Except(Corpus.Names));
    }
}
