using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Datasets;
using Demilune.Rules.Matching;

namespace Demilune.Rules.Tests.Datasets;

public sealed class DatasetTests
{
    [Theory]
    [InlineData("isset,seen,type string,load agents", "curl", true)]
    [InlineData("isset,seen,type string,load agents", "wget", false)]
    [InlineData("isnotset,seen,type string,load agents", "wget", true)]
    [InlineData("set,seen,type string,load agents", "curl", false)]
    [InlineData("set,seen,type string,load agents", "wget", true)]
    [InlineData("unset,seen,type string,load agents", "curl", true)]
    [InlineData("unset,seen,type string,load agents", "wget", false)]
    public void A_buffer_is_asked_for_as_a_whole(string option, string agent, bool matches) =>
        Assert.Equal(matches, Matches(Compile($"http.user_agent; dataset:{option};"), agent));

    [Fact]
    public void Setting_holds_once_and_then_everybody_sees_it()
    {
        var rules = Compile("http.user_agent; dataset:set,seen,type string;");
        Assert.True(Matches(rules, "curl"));
        Assert.False(Matches(rules, "curl"));
    }

    [Fact]
    public void Nothing_is_set_by_a_rule_that_does_not_match()
    {
        var rules = Compile("http.user_agent; dataset:set,seen,type string; content:\"never\";");
        Assert.False(Matches(rules, "curl"));
        Assert.False(Matches(rules, "curl"));
        var other = Compile("http.user_agent; dataset:set,seen,type string; http.host; content:\"never\";");
        Assert.False(Matches(other, "curl"));
        Assert.Empty(other.Datasets.Open(new("seen", null, null, null, false, false), null, out _)!.Elements);
    }

    [Theory]
    [InlineData(">,200", "bad", true)]
    [InlineData("<,200", "bad", false)]
    [InlineData("==,250", "bad", true)]
    [InlineData(">,200", "good", false)]
    public void A_reputation_is_compared(string comparison, string agent, bool matches) =>
        Assert.Equal(matches, Matches(Compile($"http.user_agent; datarep:reps,{comparison},load reputations,type string;"), agent));

    [Theory]
    [InlineData("http.user_agent; dataset:isset,x;", "its type has to be given")]
    [InlineData("http.user_agent; dataset:isset,x,type string,load nowhere;", "there is no file 'nowhere'")]
    [InlineData("http.user_agent; dataset:isset,x,type string,load broken;", "bad base64 encoding x/broken (line 2)")]
    [InlineData("http.user_agent; datarep:x,>,1,type string,load unrated;", "bad rep for dataset x/unrated")]
    [InlineData("dataset:isset,x,type string;", "none is named before it")]
    public void What_cannot_be_loaded_is_refused_with_its_place(string options, string message)
    {
        var compiled = RuleSet.Compile([new("test.rules", $"alert http any any -> any any ({options} sid:1;)")], RuleProbe.Options with { Datasets = new(Read) });
        Assert.Contains(message, Assert.Single(compiled.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_written_as_it_is_read()
    {
        foreach (var (type, line) in (ReadOnlySpan<(DatasetType, string)>)
            [(DatasetType.String, "Y3VybA=="), (DatasetType.Md5, "098f6bcd4621d373cade4e832627b4f6"), (DatasetType.Ipv4, "192.0.2.1"), (DatasetType.Ipv6, "2001:db8::1"), (DatasetType.Ipv6, "192.0.2.7")])
        {
            var set = new Dataset("x", type);
            Assert.True(DatasetFile.TryRead(set, line + "\n", false, "f", out _));
            Assert.Equal(line + "\n", DatasetFile.Write(set));
        }
    }

    private static string? Read(string file, string? source, bool isState) => file switch
    {
        "agents" => "Y3VybA==\n",
        "reputations" => "YmFk,250\nZ29vZA==,10\n",
        "broken" => "Y3VybA==\n***\n",
        "unrated" => "YmFk\n",
        _ => null,
    };

    private static (RuleSet Rules, DatasetCatalog Datasets) Compile(string options)
    {
        var datasets = new DatasetCatalog(Read);
        var compiled = RuleSet.Compile([new("test.rules", $"alert http any any -> any any ({options} sid:1;)")], RuleProbe.Options with { Datasets = datasets });
        Assert.Empty(compiled.Errors);
        return (compiled.Rules, datasets);
    }

    private static bool Matches((RuleSet Rules, DatasetCatalog Datasets) compiled, string agent)
    {
        var context = new MatchContext();
        context.Prepare(compiled.Rules);
        var buffers = new TextBuffers((BufferId.HttpUserAgent, [agent]), (BufferId.HttpHost, ["example"]));
        uint matched = 0;
        return compiled.Rules[0].Matches(ref buffers, context, ref matched);
    }
}
