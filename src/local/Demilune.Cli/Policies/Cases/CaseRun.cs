using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies.Cases;

/// <summary>What came of a case.</summary>
/// <param name="Asked">How many connections were asked for.</param>
/// <param name="Failures">One line for each that went otherwise than expected; empty: it passed.</param>
internal sealed record CaseResult(string Name, string About, int Asked, IReadOnlyList<string> Failures);

/// <summary>Asks the compiled intent what a case asks. Needs no cluster.</summary>
internal static class CaseRun
{
    /// <exception cref="InvalidDataException">The case cannot be run: it names what is not there.</exception>
    public static CaseResult Run(PolicyCase one)
    {
        var objects = new ClusterObjects();
        var (asked, failures) = (0, new List<string>());
        foreach (var (step, number) in one.Steps.Select((step, number) => (step, number)))
        {
            Apply(step, objects, one.Name);
            if (step.Expected.IsEmpty) continue;
            var cluster = objects.ToCluster();
            var intent = PolicyCompiler.Compile(cluster);
            var pods = cluster.Pods.ToDictionary(pod => pod.Name.ToString(), StringComparer.Ordinal);
            foreach (var expected in step.Expected)
                foreach (var v6 in new[] { false, true })
                {
                    if (!(v6 ? expected.V6 : expected.V4)) continue;
                    if (AttemptOf(expected, v6, pods, objects, one.Name) is not { } attempt) continue;
                    asked++;
                    if (Difference(expected, intent.Judge(attempt)) is { } difference)
                        failures.Add($"step {number}: {expected.From} → {expected.To} {expected.Protocol}/{expected.Port} {(v6 ? "IPv6" : "IPv4")}: {difference}");
                }
        }
        return new CaseResult(one.Name, one.About, asked, failures);
    }

    public static void Apply(CaseStep step, ClusterObjects objects, string name)
    {
        foreach (var gone in step.Delete)
            if (!objects.Delete(gone)) throw new InvalidDataException($"{name}: there is no {gone} to delete");
        foreach (var manifest in step.Apply) objects.Apply(objects.Filled(manifest));
    }

    /// <returns>Null: the two have no addresses of this family.</returns>
    public static Attempt? AttemptOf(
        Expectation expected, bool v6, IReadOnlyDictionary<string, Pod> pods, ClusterObjects objects, string name)
    {
        var (source, named) = (Address(expected.From), NamedAddress.TryParse(expected.To, v6));
        var destination = named?.Address ?? Address(expected.To);
        return source?.IsV6 != v6 || destination?.IsV6 != v6
            ? null
            : new Attempt(
                pods.GetValueOrDefault(expected.From), source.Value, pods.GetValueOrDefault(expected.To), destination.Value, expected.Protocol, expected.Port)
            {
                DestinationName = named?.Name,
            };

        Prefix? Address(string who) => objects.AddressOf(who, v6) is { } known ? known
            : Prefix.TryParse(who, out var address) ? address
            : throw new InvalidDataException($"{name}: \"{who}\" is neither a pod nor an address, nor, as a destination, a domain name");
    }

    private static string? Difference(Expectation expected, Outcome outcome)
    {
        var fate = !outcome.Allowed ? Fate.Denied : outcome.SecurityPolicies.Count > 0 ? Fate.Inspected : Fate.Allowed;
        var by = string.Join(", ", outcome.SecurityPolicies);
        if (fate != expected.Fate) return $"expected {expected.Fate}, is {fate}{(by.Length > 0 ? $" by {by}" : "")}";
        if (expected.By is { } wanted && !wanted.SequenceEqual(outcome.SecurityPolicies)) return $"expected to be judged by {string.Join(", ", wanted)}, is by {by}";
        return expected.Shadows is { } shadows && !shadows.SequenceEqual(outcome.Shadows)
            ? $"expected in the shadow of {string.Join(", ", shadows)}, is of {string.Join(", ", outcome.Shadows)}" : null;
    }
}
