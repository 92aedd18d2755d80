using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies.Cases;

/// <summary>What came of a case.</summary>
/// <param name="Asked">How many connections were asked for.</param>
/// <param name="Failures">One line for each that went otherwise than expected; empty: it passed.</param>
internal sealed record CaseResult(string Name, string About, int Asked, IReadOnlyList<string> Failures)
{
    /// <summary>Why nothing was asked: it cannot be read, or names what is not there. Null: it was run.</summary>
    public string? Unreadable { get; init; }
}

/// <summary>Asks the compiled intent what a case asks. Needs no cluster.</summary>
internal static class CaseRun
{
    /// <summary>As <see cref="Run(PolicyCase)"/>; of one that cannot be run it says why.</summary>
    public static CaseResult Run(CaseLibrary.CaseFile file)
    {
        try
        {
            return Run(file.Read());
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new CaseResult(file.Name, "", 0, []) { Unreadable = failure.Message };
        }
    }

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
                    if (Difference(expected, Judge(intent, attempt, pods, objects)) is { } difference)
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

    /// <summary>
    /// What is for an address of a Service is judged at the pods behind it, and open if it is to each of them: a node could choose any. Without one behind it
    /// nobody translates it.
    /// </summary>
    public static Outcome Judge(ClusterIntent intent, Attempt attempt, IReadOnlyDictionary<string, Pod> pods, ClusterObjects objects)
    {
        if (attempt.Destination is not null || new ServiceFronts(objects).Behind(attempt.DestinationAddress, attempt.Protocol, attempt.Port) is not { Count: > 0 } behind) return intent.Judge(attempt);
        Outcome? strictest = null;
        foreach (var (name, port) in behind)
        {
            var address = objects.AddressOf(name, attempt.DestinationAddress.IsV6) ?? attempt.DestinationAddress;
            var outcome = intent.Judge(attempt with { Destination = pods.GetValueOrDefault(name), DestinationAddress = address, Port = port });
            if (!outcome.Allowed) return outcome;
            if (strictest is null || strictest.SecurityPolicies.Count < outcome.SecurityPolicies.Count) strictest = outcome;
        }
        return strictest!;
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
