using System.Text;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;

namespace Demilune.Rules.Tests.Baseline;

/// <summary>rules/web-baseline.rules against Attacks.txt (each has to be stopped, by the class named) and Ordinary.txt (none may).</summary>
public class WebBaselineTests
{
    private static readonly CompiledRules s_compiled = RuleSet.Compile([new("web-baseline.rules", Read("rules/web-baseline.rules"))], RuleProbe.Options);

    public static TheoryData<string, string> Attacks { get; } = Cases("Attacks.txt");
    public static TheoryData<string, string> Ordinary { get; } = Cases("Ordinary.txt");

    [Fact]
    public void Every_rule_loads_drops_or_says_why_not_and_names_its_class()
    {
        Assert.Empty(s_compiled.Errors);
        Assert.All(s_compiled.Rules.Signatures, signature =>
        {
            Assert.InRange(signature.Sid, 9100000u, 9199999u);
            Assert.Equal(RuleAction.Drop, signature.Action);
            Assert.NotEqual("", signature.ClassType);
            Assert.NotEmpty(signature.References);
            Assert.Contains(signature.Metadata, pair => pair.Key == "attack");
            Assert.Contains(signature.Metadata, pair => pair.Key == "confidence");
        });
    }

    [Theory, MemberData(nameof(Attacks))]
    public void An_attack_is_stopped(string attackClass, string request)
    {
        var found = Found(request);
        Assert.Contains(found, signature => signature.Metadata.Any(pair => pair is { Key: "attack" } && attackClass.Split('|').Contains(pair.Value)));
    }

    [Theory, MemberData(nameof(Ordinary))]
    public void Ordinary_traffic_passes(string what, string request)
    {
        _ = what;
        Assert.Empty(Found(request).Select(signature => $"{signature.Sid} {signature.Message}"));
    }

    private static List<Signature> Found(string request)
    {
        var buffers = new WebRequest(request);
        var context = new MatchContext();
        context.Prepare(s_compiled.Rules);
        foreach (var (id, bytes) in buffers.All) s_compiled.Rules.Prefilter(id, FlowDirections.ToServer, bytes, context);
        context.Candidates.Sort();
        var found = new List<Signature>();
        foreach (var index in context.Candidates.Signatures)
        {
            uint matched = 0;
            if (s_compiled.Rules[index].Matches(ref buffers, context, ref matched)) found.Add(s_compiled.Rules[index]);
        }
        Assert.Equal(0, context.LimitsReached);
        return found;
    }

    /// <summary>Cases are separated by lines "=== NAME"; the request is what follows, up to the next.</summary>
    private static TheoryData<string, string> Cases(string file)
    {
        var data = new TheoryData<string, string>();
        foreach (var part in ("\n" + Read($"tests/Demilune.Rules.Tests/Baseline/{file}")).Split("\n=== ").Skip(1))
        {
            var newline = part.IndexOf('\n', StringComparison.Ordinal);
            data.Add(part[..newline].Trim(), part[(newline + 1)..].TrimEnd('\n'));
        }
        return data;
    }

    private static string Read(string path)
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
        {
            if (!File.Exists(Path.Combine(up.FullName, "Demilune.slnx"))) continue;
            return File.ReadAllText(Path.Combine(up.FullName, path), Encoding.UTF8);
        }
        throw new FileNotFoundException("The repository was not found above the tests' directory.", path);
    }
}
