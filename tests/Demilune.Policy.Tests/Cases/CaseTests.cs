using Demilune.Cli.Policies;
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
    public void There_are_more_than_six_hundred_of_them() => Assert.True(All.Count > 600, $"{All.Count} cases");

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
    [InlineData("steps: [{expect: [{from: 10.0.0.1, to: 10.0.0.2, is: allowed, families: 4}]}]", "families: is a list")]
    [InlineData("steps: *there-is-none", "there is no anchor")]
    [InlineData("steps: [", "")]
    public void A_case_that_makes_no_sense_says_why(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => CaseRun.Run(PolicyCase.Parse(text, "case", _ => null))).Message);

    [Fact]
    public void Anchors_aliases_and_merge_keys_are_what_they_stand_for_and_a_few_lines_never_stand_for_a_million()
    {
        var read = Assert.Single(Manifests.Read("base: &one {a: 1, b: {c: 2}}\nmore: {<<: *one, a: 3}\nlist: [*one, *one]", "text"));
        Assert.Equal("""{"base":{"a":1,"b":{"c":2}},"more":{"a":3,"b":{"c":2}},"list":[{"a":1,"b":{"c":2}},{"a":1,"b":{"c":2}}]}""", read.ToJsonString());
        var laughs = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("values", Assert.Throws<InvalidDataException>(() => Manifests.Read(laughs, "text")).Message, StringComparison.Ordinal);
        var deep = "a0: &a0 [1]\n" + string.Concat(Enumerable.Range(1, 200).Select(i => $"a{i}: &a{i} [*a{i - 1}]\n"));
        Assert.Contains("nested deeper", Assert.Throws<InvalidDataException>(() => Manifests.Read(deep, "text")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_that_cannot_be_read_does_not_hide_the_others()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("cases");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "bad.yaml"), "steps: [{expects: []}]");
            File.WriteAllText(Path.Combine(directory.FullName, "good.yml"), "steps: [{expect: [{from: 10.0.0.1, to: 10.0.0.2, is: allowed, families: [4]}]}]");
            var (output, errors) = (new StringWriter(), new StringWriter());
            var report = Path.Combine(directory.FullName, "report.xml");
            var code = PolicyTestCommand.Create().Parse([directory.FullName, "--junit", report]).Invoke(new() { Output = output, Error = errors });
            Assert.Equal(2, code);
            Assert.Contains("pass good", output.ToString(), StringComparison.Ordinal);
            Assert.Contains("2 cases, 1 connections, 0 cases failed, 1 cannot be read", output.ToString(), StringComparison.Ordinal);
            Assert.Contains("bad: nothing is expected", errors.ToString(), StringComparison.Ordinal);
            Assert.Contains("<error message=\"bad: nothing is expected\"", File.ReadAllText(report), StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void What_is_for_a_Service_is_judged_at_the_pods_behind_it()
    {
        const string Text = """
            about: a Service of two pods, of which the policy opens one
            steps:
            - apply:
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: c}, spec: {containers: []}}
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: a, labels: {app: web, one: "1"}}, spec: {containers: [{name: w, ports: [{name: http, containerPort: 8080}]}]}}
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: b, labels: {app: web}}, spec: {containers: [{name: w, ports: [{name: http, containerPort: 9090}]}]}}
              - {apiVersion: v1, kind: Service, metadata: {namespace: x, name: both}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
              - {apiVersion: v1, kind: Service, metadata: {namespace: x, name: first}, spec: {clusterIP: 10.96.0.2, clusterIPs: [10.96.0.2], selector: {one: "1"}, ports: [{port: 80, targetPort: http}]}}
              - apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {namespace: x, name: p}
                spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]}
              expect:
              - families: [4]
                table: |
                  to   10.96.0.1 10.96.0.2 10.96.0.3
                  x/c      X         .         X
              - {on: TCP/81, from: x/c, to: 10.96.0.2, is: denied, families: [4]}
            """;
        Assert.Empty(CaseRun.Run(PolicyCase.Parse(Text, "service", _ => null)).Failures);
    }

    [Fact]
    public void A_namespace_that_no_manifest_declares_has_its_name_as_a_label_and_no_other()
    {
        const string Text = """
            about: nobody declares the namespaces
            steps:
            - apply:
              - {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: a}, spec: {containers: []}}
              - {apiVersion: v1, kind: Pod, metadata: {namespace: y, name: a}, spec: {containers: []}}
              - {apiVersion: v1, kind: Pod, metadata: {namespace: z, name: a}, spec: {containers: []}}
              - apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {namespace: x, name: p}
                spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: y}}}]}]}
              expect:
              - table: |
                  to   x/a
                  y/a   .
                  z/a   X
            """;
        Assert.Empty(CaseRun.Run(PolicyCase.Parse(Text, "undeclared", _ => null)).Failures);
    }

    private static string FindTop()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
