using Demilune.Cli.Policies.Cases;

namespace Demilune.Policy.Tests.Cases;

/// <summary>tests/policies: manifests and the truth tables that they come to, each through the compiler.</summary>
public sealed class CaseTests
{
    internal static readonly string Directory = Path.Combine(FindTop(), "tests", "policies");

    private static readonly Dictionary<string, PolicyCase> All = CaseLibrary.Read(Directory).ToDictionary(one => one.Name);

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_case_comes_to_its_truth_table(string name)
    {
        var result = CaseRun.Run(All[name]);
        Assert.True(result.Asked > 0);
        Assert.Empty(result.Failures);
    }

    [Fact]
    public void There_are_more_than_four_hundred_of_them() => Assert.True(All.Count > 400, $"{All.Count} cases");

    [Fact]
    public void What_is_said_to_find_a_known_bug_is_there()
    {
        var tests = Path.GetDirectoryName(Directory)!;
        var sources = System.IO.Directory.EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories).ToLookup(file => Path.GetFileNameWithoutExtension(file));
        var named = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Path.Combine(Directory, "README.md")), "`([a-z-]+/[a-z0-9-]+|[A-Za-z]+Tests(\\.[A-Za-z_0-9]+)?)`")
            .Select(match => match.Groups[1].Value).ToList();
        Assert.True(named.Count > 40, $"{named.Count} names");
        Assert.All(named, name =>
        {
            if (name.Contains('/')) Assert.Contains(name, All.Keys);
            else Assert.Contains(sources[name.Split('.')[0]], file => name.Split('.') is [_] || File.ReadAllText(file).Contains($" {name.Split('.')[1]}(", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_table_that_is_wrong_in_one_cell_fails_in_that_cell()
    {
        const string Text = """
            about: a lie
            steps:
            - apply:
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: a}, spec: {containers: []}}
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: b}, spec: {containers: []}}
              - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: x, name: deny}, spec: {podSelector: {}}}
              expect:
              - families: [4]
                table: |
                  to   x/a x/b
                  x/a   .   .
                  x/b   X   .
            """;
        var result = CaseRun.Run(PolicyCase.Parse(Text, "lie", _ => null));
        Assert.Equal(["step 0: x/a → x/b Tcp/80 IPv4: expected Allowed, is Denied"], result.Failures);
    }

    [Theory]
    [InlineData("steps: []", "nothing is expected")]
    [InlineData("steps: [{expect: [{from: x/a, to: x/b, is: maybe}]}]", "none of allowed, denied, inspected")]
    [InlineData("steps: [{expect: [{table: \"x/a x/b\"}]}]", "a table begins with")]
    [InlineData("base: none\nsteps: []", "there is no base")]
    [InlineData("steps: [{delete: [Pod x/a], expect: [{from: 10.0.0.1, to: 10.0.0.2, is: allowed}]}]", "there is no Pod x/a")]
    [InlineData("steps: [", "")]
    public void A_case_that_makes_no_sense_says_why(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => CaseRun.Run(PolicyCase.Parse(text, "case", _ => null))).Message);

    private static string FindTop()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
