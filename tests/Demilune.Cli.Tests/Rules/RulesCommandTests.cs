using System.CommandLine;
using Demilune.Cli.Rules;

namespace Demilune.Cli.Tests.Rules;

public sealed class RulesCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-rules-").FullName;

    [Fact]
    public void A_wrong_rule_is_named_by_file_line_and_column_and_fails_the_check()
    {
        var file = Write("""
            alert http any any -> any any (http.uri; content:"good"; sid:1;)
            alert http any any -> any any (http.uri; content:"bad"; nonsense; sid:2;)
            """);
        var (code, said) = Run("check", file);
        Assert.Equal(1, code);
        Assert.Contains("test.rules:2:57:", said, StringComparison.Ordinal);
        Assert.Contains("1 rules are right, 1 wrong", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_are_right_pass_and_what_cannot_be_meant_is_said()
    {
        var file = Write("""
            alert http any any -> any any (http.uri; content:"a"; flowbits:isset,nobody; sid:1;)
            alert http any any -> any any (http.uri; content:"b"; flowbits:set,somebody; noalert; sid:2;)
            alert http any any -> any any (http.uri; content:"c"; flowbits:isset,somebody; sid:3;)
            alert http any any -> any any (http.uri; content:"d"; noalert; sid:4;)
            """);
        var (code, said) = Run("check", file);
        Assert.Equal(0, code);
        Assert.Contains("test.rules:1: never fires: no rule sets the flow bit nobody (sid 1)", said, StringComparison.Ordinal);
        Assert.Contains("test.rules:4: does not alert (noalert) and changes nothing (sid 4)", said, StringComparison.Ordinal);
        Assert.DoesNotContain("(sid 2)", said, StringComparison.Ordinal);
        Assert.DoesNotContain("(sid 3)", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""alert http any any -> any any (http.uri; content:"nowhere"; sid:1;)""", "never tried: http.uri never held what it is looked for by")]
    [InlineData("""alert http any any -> any 4711 (http.method; content:"GET"; sid:1;)""", "but protocol, addresses, ports, direction or state of the flow never fitted")]
    [InlineData("""alert http any any -> any any (http.method; content:"GET"; flowbits:isset,nobody; sid:1;)""", "but its flow bits, counters or host bits never allowed it")]
    [InlineData("""alert http any any -> any any (http.method; content:"GET"; fast_pattern; http.uri; content:"nowhere"; sid:1;)""", "no match: what it asks of http.uri did not hold")]
    public void Explaining_on_a_capture_names_the_first_condition_that_nothing_met(string rule, string why)
    {
        var (code, said) = Run("explain", "1", "-S", Write(rule), "-r", Capture());
        Assert.Equal(0, code);
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Explaining_says_what_a_rule_is_looked_for_by()
    {
        var (_, said) = Run("explain", "7", "-S", Write("""alert http any any -> any any (msg:"m"; http.uri; content:"union|20 0a|select"; nocase; sid:7; rev:3;)"""));
        Assert.Contains("sid 7 rev 3, m", said, StringComparison.Ordinal);
        Assert.Contains("""when http.uri holds "union |0a|select" in any case""", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_that_is_not_there_is_no_success()
    {
        var (code, said) = Run("explain", "99", "-S", Write("""alert http any any -> any any (http.uri; content:"a"; sid:1;)"""));
        Assert.Equal(1, code);
        Assert.Contains("There is no rule with sid 99", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Measuring_lists_the_rules_that_were_tried()
    {
        var file = Write("""
            alert http any any -> any any (http.method; content:"GET"; sid:1;)
            alert http any any -> any any (http.uri; content:"nowhere"; sid:2;)
            """);
        var (code, said) = Run("bench", "-S", file, "-r", Capture());
        Assert.Equal(0, code);
        Assert.Contains("tries of 1 of 2 rules", said, StringComparison.Ordinal);
        Assert.Contains("when http.method holds \"GET\"", said, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Write(string rules)
    {
        var file = Path.Combine(_directory, "test.rules");
        File.WriteAllText(file, rules);
        return file;
    }

    /// <summary>Any recorded one: all of them are of HTTP requests.</summary>
    private static string Capture()
    {
        var top = AppContext.BaseDirectory;
        while (!Directory.Exists(Path.Combine(top, "tests", "vectors"))) top = Path.GetDirectoryName(top)!;
        return Directory.EnumerateFiles(Path.Combine(top, "tests", "vectors"), "input.pcap", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
    }

    private static (int Code, string Said) Run(params string[] arguments)
    {
        using var said = new StringWriter();
        var code = RulesCommand.Create().Parse(arguments).Invoke(new() { Output = said, Error = said });
        return (code, said.ToString());
    }
}
