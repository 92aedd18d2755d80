namespace Demilune.Rules.Tests.Keywords;

public sealed class RequiresVectors
{
    [Theory]
    [InlineData("version >= 7 < 8", true)]
    [InlineData("version >= 7.0.3 < 8 | >= 8.0.1", true)]
    [InlineData("version >= 8.0.0", false)]
    [InlineData("version >= 7, keyword sid", true)]
    [InlineData("keyword from_the_future", false)]
    [InlineData("something else", false)]
    public void A_rule_says_whom_it_is_for(string condition, bool isLoaded)
    {
        var compiled = RuleProbe.Compile($"alert tcp any any -> any any (requires:{condition}; sid:1;)");
        Assert.Empty(compiled.Errors);
        Assert.Equal(isLoaded ? 1 : 0, compiled.Rules.Signatures.Count);
        Assert.Equal(isLoaded ? 0 : 1, compiled.Skipped);
    }

    [Fact]
    public void A_rule_for_others_may_be_in_words_that_we_do_not_know()
    {
        var compiled = RuleProbe.Compile("alert novel any any => any any (requires:version >= 10; telepathy:on; sid:1;)");
        Assert.Empty(compiled.Errors);
        Assert.Equal(1, compiled.Skipped);
    }
}
