namespace Demilune.Firewall.Tests;

public sealed class FirewallOptionsTests
{
    [Fact]
    public void Flags_win_over_the_environment_and_that_over_the_defaults()
    {
        var options = Parse(["--in", "a", "--rules=/r"], ("DEMILUNE_IN", "x"), ("DEMILUNE_AGENT", "/agent"));
        Assert.Equal(("a", "out", "/agent", "/r"), (options!.In, options.Out, options.Agent, options.Rules));
    }

    [Theory]
    [InlineData("--in")]
    [InlineData("--frobnicate x")]
    [InlineData("--cpu many")]
    [InlineData("--cpu 5000")]
    [InlineData("--realtime maybe")]
    [InlineData("--set stream.memcap")]
    [InlineData("--set stream.memcap=1gb")]    // our own engine has no such settings
    [InlineData("stray")]
    [InlineData("--in out")]
    public void A_mistake_is_named(string line)
    {
        Assert.Null(FirewallOptions.TryParse(line.Split(' '), _ => null, out var error));
        Assert.Contains(line.Split(' ')[0].TrimStart('-'), error, StringComparison.Ordinal);
    }

    [Fact]
    public void Health_is_a_command()
    {
        Assert.True(Parse(["health", "--health", "x"])!.AskHealth);
        Assert.Equal("x", Parse(["health", "--health", "x"])!.Health);
        Assert.False(Parse([])!.AskHealth);
    }

    [Fact]
    public void Suricata_has_as_many_settings_as_are_given() =>
        Assert.Equal(["a.b=1", "c=d=e"], Parse(["--engine", "suricata", "--agent", "/a", "--set", "a.b=1", "--set=c=d=e"])!.SuricataSettings);

    private static FirewallOptions? Parse(string[] arguments, params (string Name, string Value)[] environment) =>
        FirewallOptions.TryParse(arguments, name => environment.FirstOrDefault(pair => pair.Name == name).Value, out _);
}
