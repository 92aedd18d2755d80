using Demilune.Neutron;
using Demilune.Raven.Applying;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven;

/// <summary>Takes everything of one cluster off a network. What others made there, this cluster's namesakes included, is not looked at.</summary>
public static class NetworkRemoval
{
    /// <summary>What one pass leaves, because something that waited for it went later in the same pass, the next finds free.</summary>
    private const int MaxPasses = 4;

    /// <returns>What could not be removed, in words; empty: nothing is left.</returns>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(INeutron neutron, string cluster, Action<string> told, CancellationToken cancel)
    {
        var mirror = new NetworkMirror(neutron, cluster);
        var capabilities = await neutron.DiscoverAsync(cancel);
        IReadOnlyList<Failure> failures = [];
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            await mirror.ReadAsync(capabilities, cancel);
            var plan = Planner.Plan(cluster, new DesiredNetwork(), mirror.Snapshot);
            if (plan.IsEmpty) break;
            told($"{plan.Length} objects to remove, the first: {plan[0]}");
            failures = (await mirror.ApplyAsync(plan, cancel)).Failures;
        }
        var left = new List<string>();
        foreach (var subnet in mirror.Snapshot.All<Subnet>()) await TryAsync($"subnet {subnet.Name}", neutron.DeleteAsync<Subnet>(subnet.Id, cancel), left);
        foreach (var network in mirror.Snapshot.All<Network>()) await TryAsync($"network {network.Name}", neutron.DeleteAsync<Network>(network.Id, cancel), left);
        return left.Count == 0 ? [] : [.. failures.Select(failure => $"{failure.Operation}: {failure.Message}"), .. left];
    }

    private static async Task TryAsync(string what, Task<bool> deletion, List<string> left)
    {
        try
        {
            await deletion;
        }
        catch (NeutronException refusal)
        {
            left.Add($"{what}: {refusal.Message}");
        }
    }
}
