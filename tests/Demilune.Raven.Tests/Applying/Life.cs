using Demilune.Neutron;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Tests.Applying;

/// <summary>A controller from its start to where nothing is left to do; it knows only what it reads.</summary>
internal static class Life
{
    public static async Task<Convergence> BeginAsync(INeutron neutron, RavenOptions options, ClusterFacts facts)
    {
        var network = new Convergence(neutron, options) { Nodes = ["n1", "n2"] };
        await network.ReadAsync(default);
        foreach (var (name, labels) in facts.Cluster.Namespaces) network.Compiler.SetNamespace(name, labels);
        foreach (var policy in facts.Cluster.Policies) network.Compiler.SetPolicy(policy.Id, policy);
        foreach (var (name, inspection) in facts.Inspections) network.Designer.SetInspection(name, inspection);
        foreach (var placed in facts.Pods) Set(network, facts, placed);
        return network;
    }

    public static void Set(Convergence network, ClusterFacts facts, PlacedPod placed)
    {
        if (facts.Cluster.Pods.FirstOrDefault(pod => pod.Uid == placed.Uid) is { } pod) network.Compiler.SetPod(pod.Uid, pod);
        network.Designer.SetPod(placed.Uid, placed);
    }

    public static Task RunAsync(this Convergence network, bool everything = true) => network.RunAsync(everything, _ => { }, _ => { }, default);

    public static async Task LiveAsync(InMemoryNeutron neutron, RavenOptions options, ClusterFacts facts)
    {
        var network = await BeginAsync(neutron, options, facts);
        // A switch says what it carries after it was told; then there is more to do.
        for (var writes = -1; writes != neutron.Writes;)
        {
            writes = neutron.Writes;
            await network.RunAsync();
            while (options.SlowPorts && !await IsDoneAsync(network)) await network.RunAsync(everything: false);
            await network.ReadStatusAsync(default);
        }
    }

    private static async Task<bool> IsDoneAsync(Convergence network)
    {
        var settled = network.IsSettled && network.IsIdle;
        await network.FinishAsync();
        return settled;
    }

    /// <returns>False: it was killed.</returns>
    public static async Task<bool> LivesAsync(InMemoryNeutron neutron, RavenOptions options, ClusterFacts facts)
    {
        try
        {
            await LiveAsync(neutron, options, facts);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
