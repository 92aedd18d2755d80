using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Policies;
using Demilune.Inspection.Policies;

namespace Demilune.Firewall.Tests.Policies;

public sealed class PolicyIntakeTests : IDisposable
{
    private readonly string _library = Directory.CreateTempSubdirectory("demilune-rules-").FullName;
    private readonly List<PolicySetSnapshot> _published = [];
    private readonly PolicyIntake _intake;

    public PolicyIntakeTests()
    {
        File.WriteAllText(Path.Combine(_library, "web-baseline.rules"), TestRules.Evil);
        _intake = new(new(_library), new(), _published.Add);
    }

    private PolicySetSnapshot InForce => _published[^1];

    public void Dispose() => Directory.Delete(_library, recursive: true);

    [Fact]
    public void A_set_replaces_the_former_one_whole()
    {
        Load(1, Policy(1, "a", TestRules.Evil), Policy(2, "b", TestRules.Other));
        Load(2, Policy(2, "b", TestRules.Other));
        Assert.Null(InForce.For(1));
        Assert.NotNull(InForce.For(2));
        Assert.Null(InForce.For(0));
    }

    [Fact]
    public void An_allow_list_is_taken_whole_or_not_at_all()
    {
        const string Good = """{"http":[{"methods":["GET"],"paths":[{"prefix":"/a"},{"regex":"/b/[0-9]+"}]}],"grpc":[{"services":["shop.Cart","shop.public.*","*"],"methods":["Get"]}],"tls":[{"minVersion":"1.2","ja3":["e7d705a3286e19ea42f587b344ee6865"],"ja4":["t13d1516h2_8daaf6152771_e5627efa2ab1"]}],"dns":[{"types":["A","65"]}],"applications":["http","unknown"]}""";
        Assert.True(Assert.Single(Load(1, Policy(1, "a", TestRules.Evil) with { Access = Good }).Policies).Ok);
        var list = InForce.For(1)!.Access!;
        Assert.Equal((1, 1, 1, 2), (list.Http.Length, list.Tls.Length, list.Dns.Length, list.Applications.Length));
        foreach (var bad in new[] { "{", "null", """{"http":[{"paths":[{"regex":"("}]}]}""", """{"http":[null]}""" })
        {
            var loaded = Assert.Single(Load(2, Policy(1, "a", TestRules.Evil, revision: 2) with { Access = bad }).Policies);
            Assert.False(loaded.Ok, bad);
            Assert.StartsWith("allow", loaded.Errors[0], StringComparison.Ordinal);
            Assert.Same(list, InForce.For(1)!.Access);
        }
        Load(3, Policy(1, "a", TestRules.Evil, revision: 3));
        Assert.Null(InForce.For(1)!.Access);
    }

    [Theory]
    [InlineData("""{"http":[{"methods":["GET"]},{"methods":["GET","P T"]}]}""", "allow.http[1].methods[1]:1:1: \"P T\" is no method")]
    [InlineData("""{"http":[{"methods":[""]}]}""", "allow.http[0].methods[0]:1:1: \"\" is no method")]
    [InlineData("""{"http":[{"hosts":["shop.example:8080"]}]}""", "allow.http[0].hosts[0]:1:1: \"shop.example:8080\" is no name")]
    [InlineData("""{"http":[{"hosts":["http://shop.example"]}]}""", "allow.http[0].hosts[0]:1:1: ")]
    [InlineData("""{"http":[{"hosts":["*shop.example"]}]}""", "allow.http[0].hosts[0]:1:1: ")]
    [InlineData("""{"http":[{"hosts":["a.*.example"]}]}""", "allow.http[0].hosts[0]:1:1: ")]
    [InlineData("""{"http":[{"hosts":[""]}]}""", "allow.http[0].hosts[0]:1:1: ")]
    [InlineData("""{"http":[{"paths":[{"exact":"/a"},{}]}]}""", "allow.http[0].paths[1]:1:1: needs exactly one of exact, prefix and regex")]
    [InlineData("""{"http":[{"paths":[{"exact":"/a","prefix":"/b"}]}]}""", "allow.http[0].paths[0]:1:1: needs exactly one")]
    [InlineData("""{"http":[{"paths":[{"exact":"cart"}]}]}""", "allow.http[0].paths[0]:1:1: \"cart\" matches nothing")]
    [InlineData("""{"http":[{"paths":[{"prefix":""}]}]}""", "allow.http[0].paths[0]:1:1: \"\" matches nothing")]
    [InlineData("""{"http":[{"paths":[{"exact":"/a?b=c"}]}]}""", "allow.http[0].paths[0]:1:1: ")]
    [InlineData("""{"http":[{"paths":[{"exact":"/a/../b"}]}]}""", "allow.http[0].paths[0]:1:1: ")]
    [InlineData("""{"http":[{"paths":[{"prefix":"//a"}]}]}""", "allow.http[0].paths[0]:1:1: ")]
    [InlineData("""{"http":[{"paths":[{"exact":"/a%20b"}]}]}""", "allow.http[0].paths[0]:1:1: ")]
    [InlineData("""{"http":[{"paths":[{"regex":"/a("}]}]}""", "allow.http[0].paths[0].regex:1:1: ")]
    [InlineData("""{"http":[{"headers":[{"name":"X Y"}]}]}""", "allow.http[0].headers[0].name:1:1: \"X Y\" is no name of a field")]
    [InlineData("""{"http":[{"headers":[{"name":""}]}]}""", "allow.http[0].headers[0].name:1:1: \"\" is no name of a field")]
    [InlineData("""{"http":[{"headers":[{"name":"X","value":{}}]}]}""", "allow.http[0].headers[0].value:1:1: needs exactly one")]
    [InlineData("""{"http":[{"headers":[{"name":"X","value":{"regex":"["}}]}]}""", "allow.http[0].headers[0].value.regex:1:1: ")]
    [InlineData("""{"http":[null]}""", "allow.http[0]:1:1: is null")]
    [InlineData("""{"grpc":[{"services":["shop/Cart"]}]}""", "allow.grpc[0].services[0]:1:1: \"shop/Cart\" is neither")]
    [InlineData("""{"grpc":[{"services":["a.B","sh*"]}]}""", "allow.grpc[0].services[1]:1:1: ")]
    [InlineData("""{"grpc":[{"methods":["a.b"]}]}""", "allow.grpc[0].methods[0]:1:1: \"a.b\" is no name")]
    [InlineData("""{"tls":[{"minVersion":"9"}]}""", "allow.tls[0].minVersion:1:1: \"9\" is none of 1.0, 1.1, 1.2, 1.3")]
    [InlineData("""{"tls":[{"serverNames":["api.example.com:443"]}]}""", "allow.tls[0].serverNames[0]:1:1: ")]
    [InlineData("""{"tls":[{"ja3":["E7"]}]}""", "allow.tls[0].ja3[0]:1:1: \"E7\" is no JA3")]
    [InlineData("""{"tls":[{"ja4":["x"]}]}""", "allow.tls[0].ja4[0]:1:1: \"x\" is no JA4")]
    [InlineData("""{"dns":[{"names":["a..b"]}]}""", "allow.dns[0].names[0]:1:1: ")]
    [InlineData("""{"dns":[{"types":["A","NAME"]}]}""", "allow.dns[0].types[1]:1:1: \"NAME\" is not known; its number would do")]
    [InlineData("""{"applications":["http","gopher"]}""", "allow.applications[1]:1:1: \"gopher\" is not recognised here")]
    public void What_makes_no_sense_in_an_allow_list_is_named_by_its_field(string access, string error)
    {
        var loaded = Assert.Single(Load(1, Policy(1, "a", TestRules.Evil) with { Access = access }).Policies);
        Assert.False(loaded.Ok);
        Assert.StartsWith(error, loaded.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_rule_is_refused_alone_and_named()
    {
        var loaded = Assert.Single(Load(1, Policy(1, "a", TestRules.Evil + "\n" + TestRules.Wrong)).Policies);
        Assert.True(loaded.Ok);
        Assert.Equal(1, loaded.Rules);
        Assert.StartsWith("inline:2:", Assert.Single(loaded.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_of_wrong_rules_only_keeps_its_former_ones()
    {
        Load(1, Policy(1, "a", TestRules.Evil));
        var before = InForce.For(1);
        var loaded = Assert.Single(Load(2, Policy(1, "a", TestRules.Wrong, revision: 2)).Policies);
        Assert.False(loaded.Ok);
        Assert.Equal(1, loaded.Rules);
        Assert.NotEmpty(loaded.Errors);
        Assert.Same(before, InForce.For(1));
    }

    [Fact]
    public void A_policy_that_never_loaded_is_not_in_force()
    {
        var answer = Assert.Single(Load(1, Policy(1, "a", TestRules.Wrong)).Policies);
        Assert.Equal((false, false), (answer.Ok, answer.InForce));
        Assert.Null(InForce.For(1));
    }

    [Fact]
    public void A_tag_that_went_to_another_policy_does_not_keep_the_rules_of_the_first()
    {
        Load(1, Policy(1, "a", TestRules.Evil));
        Load(2, Policy(1, "b", TestRules.Wrong));
        Assert.Null(InForce.For(1));
    }

    [Fact]
    public void A_policy_without_rules_is_in_force_and_judges_nothing()
    {
        var loaded = Assert.Single(Load(1, new EnginePolicy(1, "a", 1, true, [])).Policies);
        Assert.True(loaded.Ok);
        Assert.Equal(0, loaded.Rules);
        Assert.NotNull(InForce.For(1));
    }

    [Fact]
    public void Rules_that_did_not_change_are_not_compiled_again()
    {
        Load(1, Policy(1, "a", TestRules.Evil));
        var rules = InForce.For(1)!.Rules;
        Load(2, Policy(1, "a", TestRules.Evil, revision: 2) with { Prevent = false });
        Assert.Same(rules, InForce.For(1)!.Rules);
        Assert.Equal(2, InForce.For(1)!.Revision);
        Assert.False(InForce.For(1)!.Prevent);
    }

    [Fact]
    public void Builtin_rules_come_from_the_library()
    {
        var loaded = Assert.Single(Load(1, new EnginePolicy(1, "a", 1, true, [new("builtin/web-baseline", "")])).Policies);
        Assert.True(loaded.Ok);
        Assert.Equal(1, loaded.Rules);
    }

    [Theory]
    [InlineData("builtin/nothing")]
    [InlineData("builtin/../web-baseline")]
    [InlineData("builtin//etc/passwd")]
    [InlineData("builtin/")]
    public void A_builtin_that_is_not_in_the_library_fails_and_says_what_there_is(string source)
    {
        var loaded = Assert.Single(Load(1, new EnginePolicy(1, "a", 1, true, [new(source, "")])).Policies);
        Assert.False(loaded.Ok);
        Assert.Contains("web-baseline", Assert.Single(loaded.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_out_of_range_or_taken_are_refused()
    {
        var loaded = Load(1, Policy(0, "zero", TestRules.Evil), Policy(4095, "high", TestRules.Evil), Policy(3, "a", TestRules.Evil), Policy(3, "b", TestRules.Evil));
        Assert.Equal([false, false, true, false], loaded.Policies.Select(policy => policy.Ok));
    }

    [Fact]
    public void An_older_revision_from_an_agent_that_began_anew_is_still_the_newest_word()
    {
        Load(100, Policy(1, "a", TestRules.Evil));
        var former = InForce.Revision;
        Assert.Equal(1, Load(1, Policy(2, "b", TestRules.Evil)).Revision);
        Assert.True(InForce.Revision > former);
        Assert.Null(InForce.For(1));
    }

    [Fact]
    public void At_most_a_hundred_errors_are_told() =>
        Assert.Equal(100, Assert.Single(Load(1, Policy(1, "a", string.Join('\n', Enumerable.Repeat(TestRules.Wrong, 300)))).Policies).Errors.Count);

    [Fact]
    public void A_combination_is_judged_by_all_of_its_policies_and_needs_each_that_counts()
    {
        var loaded = _intake.Load(new(1,
            [Policy(1, "a", TestRules.Evil), Policy(2, "b", TestRules.Other), Policy(3, "wrong", TestRules.Wrong), Policy(4, "open", TestRules.Wrong) with { FailsOpen = true }],
            [new(100, [1, 2], []), new(101, [2], [1]), new(102, [1, 3], []), new(103, [1, 4], [3]), new(104, [], [2])]));
        Assert.Equal(["a", "b"], Names(100));
        Assert.Equal(["b", "a"], Names(101));
        Assert.Equal((false, true), (InForce.For(101)![0].IsShadow, InForce.For(101)![1].IsShadow));
        Assert.Null(InForce.For(102));
        Assert.Equal(["a", "open"], Names(103));
        Assert.True(InForce.For(104)![0].IsShadow);
        Assert.False(InForce.For(104)!.Prevent);
        Assert.Equal([1, 2, 4, 100, 101, 103, 104], loaded.Tags);
        Assert.Equal([true, true, false, false], loaded.Policies.Select(policy => policy.Ok));
        Assert.Empty(InForce.For(4)!.Rules.Signatures);
    }

    [Fact]
    public void Nine_policies_are_too_many_for_one_flow()
    {
        var policies = Enumerable.Range(1, 9).Select(tag => Policy(tag, $"p{tag}", "")).ToArray();
        _intake.Load(new(1, policies, [new(100, [.. Enumerable.Range(1, 8)], []), new(101, [.. Enumerable.Range(1, 9)], [])]));
        Assert.Equal(8, InForce.For(100)!.Count);
        Assert.Null(InForce.For(101));
    }

    private IEnumerable<string> Names(int tag) => Enumerable.Range(0, InForce.For(tag)!.Count).Select(member => InForce.For(tag)![member].Name);

    [Fact]
    public void Without_an_agent_the_whole_library_judges_every_tag()
    {
        Assert.Equal(1, _intake.LoadLibrary().Rules);
        Assert.NotNull(InForce.For(0));
        Assert.NotNull(InForce.For(99));
    }

    private PolicySetLoaded Load(long revision, params EnginePolicy[] policies) => _intake.Load(new(revision, policies));

    private static EnginePolicy Policy(int tag, string name, string rules, long revision = 1) => new(tag, name, revision, true, [new("inline", rules)]);
}
