using System.CommandLine;
using Demilune.Cli.Observe;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune policy explain POD</c>: what applies to a pod, from where, in words.</summary>
internal static class PolicyExplainCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "As NAMESPACE/NAME." };
        var command = new Command("explain", "Says what applies to a pod: which policies, in which order, from where.") { pod, PolicySource.Files, ControllerOptions.Kubeconfig };
        command.SetAction(Answer.Of("policy explain", async (parsed, output, stop) =>
        {
            var objects = await PolicySource.ReadAsync(parsed, stop);
            var cluster = objects.ToCluster();
            Write(PolicyCompiler.Compile(cluster).Find(PodNamed.Find(objects, cluster, parsed.GetValue(pod)!))!, output);
            return 0;
        }));
        return command;
    }

    internal static void Write(PodIntent pod, TextWriter output)
    {
        output.WriteLine($"{pod.Pod.Name}");
        foreach (var direction in Enum.GetValues<Direction>())
        {
            var isolated = direction == Direction.Ingress ? pod.IngressIsolated : pod.EgressIsolated;
            output.WriteLine($"  {direction}");
            Rules(pod, direction, Tier.Admin, output);
            if (isolated)
            {
                Rules(pod, direction, Tier.Namespaced, output);
                var by = pod.Policies.Select(pair => pair.Policy).Where(policy => direction == Direction.Ingress ? policy.IsolatesIngress : policy.IsolatesEgress);
                output.WriteLine($"    all else is closed: {string.Join(", ", by.Select(Wording.Of))} isolate{(by.Count() == 1 ? "s" : "")} the pod");
                continue;
            }
            Rules(pod, direction, Tier.Baseline, output);
            output.WriteLine("    all else is open: no NetworkPolicy isolates the pod in this direction");
        }
        foreach (var problem in pod.Policies.Select(pair => pair.Policy).Distinct().SelectMany(policy => policy.Problems.Select(problem => $"{Wording.Of(policy)}: {problem}")))
            output.WriteLine($"  without effect: {problem}");
    }

    private static void Rules(PodIntent pod, Direction direction, Tier tier, TextWriter output)
    {
        var rules = pod.Policies.Where(pair => pair.Policy.Tier == tier)
            .SelectMany(pair => pair.Variant.Allowances.Where(rule => rule.Direction == direction).Select(rule => (pair.Policy, Rule: rule)))
            .OrderBy(pair => pair.Rule.Order).ThenBy(pair => pair.Rule.Action);
        foreach (var (policy, rule) in rules) output.WriteLine($"    {Wording.Of(policy, rule)}: {Wording.Of(rule)}");
    }
}
