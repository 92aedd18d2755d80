using Demilune.Cli.Policies;
using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Policy.Tests.Cases;

/// <summary>What the commands say of the cases of tests/policies is what their truth tables say.</summary>
public sealed class AgreementTests
{
    /// <summary>Of a table's cells every so many-th is traced: each trace compiles a cluster.</summary>
    private const int TracedCells = 37;

    [Fact]
    public void Explained_is_the_rule_that_decides_and_traced_is_what_the_table_says()
    {
        var (explained, traced) = (0, 0);
        foreach (var one in CaseLibrary.Read(CaseTests.Directory))
        {
            var (objects, cell) = (new ClusterObjects(), 0);
            foreach (var step in one.Steps)
            {
                CaseRun.Apply(step, objects, one.Name);
                if (step.Expected.IsEmpty) continue;
                var cluster = objects.ToCluster();
                var intent = PolicyCompiler.Compile(cluster);
                var pods = cluster.Pods.ToDictionary(pod => pod.Name.ToString(), StringComparer.Ordinal);
                var words = cluster.Pods.ToDictionary(pod => pod.Uid, pod => Sections(intent.Find(pod)!));
                foreach (var expected in step.Expected)
                {
                    if (CaseRun.AttemptOf(expected, !expected.V4, pods, objects, one.Name) is not { } attempt) continue;
                    var outcome = intent.Judge(attempt);
                    if (outcome.Egress is { } leaves) AssertExplained(words[attempt.Source!.Uid].Egress, leaves);
                    if (outcome.Ingress is { } enters) AssertExplained(words[attempt.Destination!.Uid].Ingress, enters);
                    explained++;
                    if (cell++ % TracedCells != 0) continue;
                    traced++;
                    var said = new StringWriter();
                    var exit = TraceCommand.Trace(objects, expected, !expected.V4, null, null, said);
                    // Who is to judge need not exist in a case; then its traffic is closed, and the trace says so.
                    if (expected.Fate == Fate.Inspected) Assert.All(outcome.SecurityPolicies, name => Assert.Contains($"SecurityPolicy {name}:", said.ToString()));
                    else Assert.True(exit == (expected.Fate == Fate.Allowed ? 0 : 1), $"{one.Name}: {expected.From} → {expected.To} is {expected.Fate}, traced as\n{said}");
                }
            }
        }
        Assert.True(explained > 10_000 && traced > 1_000, $"{explained} explained, {traced} traced");
    }

    private static void AssertExplained(string[] lines, Decision decision)
    {
        // Tier by tier, as it is asked: whatever decided stands there, and what closes or opens the rest stands last.
        if (decision.By is { } by) Assert.Contains($"    {Wording.Of(by.Policy, by.Rule)}: {Wording.Of(by.Rule)}", lines);
        else Assert.StartsWith(decision.Allowed ? "    all else is open" : "    all else is closed", lines[^1], StringComparison.Ordinal);
    }

    private static (string[] Ingress, string[] Egress) Sections(PodIntent pod)
    {
        var said = new StringWriter();
        PolicyExplainCommand.Write(pod, said);
        var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("  without effect", StringComparison.Ordinal)).ToList();
        var (ingress, egress) = (lines.IndexOf("  Ingress"), lines.IndexOf("  Egress"));
        return ingress < egress
            ? ([.. lines[(ingress + 1)..egress]], [.. lines[(egress + 1)..]])
            : ([.. lines[(ingress + 1)..]], [.. lines[(egress + 1)..ingress]]);
    }
}
