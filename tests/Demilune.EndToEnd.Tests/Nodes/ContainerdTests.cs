using System.Net;
using Demilune.EndToEnd.Tests.Engines;
using Demilune.Linux.Namespaces;
using Grpc.Core;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>Somebody else's container runtime calls the plugin: Debian's containerd, by Kubernetes' own interface.</summary>
public sealed class ContainerdTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_sandboxes_are_on_the_network_and_leave_nothing_behind()
    {
        EngineTests.SkipUnlessAll("a container runtime of Debian's");
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        Assert.SkipUnless(File.Exists(Containerd.Program) && File.Exists(Containerd.Loopback), "Debian's containerd and containernetworking-plugins are not installed");
        var (first, second) = (fixture.Nodes[0], fixture.Nodes[1]);
        await using var containerd = new Containerd(fixture.Layout, first.Netns.Path, first.CniSocket);
        await containerd.StartAsync(Stop);
        var client = await fixture.StartAsync(second, "client", Stop);

        // A pod that Kubernetes knows nothing of gets nothing, and the runtime hears why.
        var unknown = await Assert.ThrowsAsync<RpcException>(() => containerd.RunSandboxAsync("default", "nobody", Guid.NewGuid().ToString(), Stop));
        Assert.True(unknown.Status.Detail.Contains("default/nobody has got no port", StringComparison.Ordinal), unknown.Status.Detail);

        var pods = new List<(string Id, TestPod Pod)>();
        foreach (var name in new[] { "one", "two", "three" })
        {
            var uid = await fixture.CreateAsync(first, name, Stop);
            var before = Namespaces();
            var id = await containerd.RunSandboxAsync("default", name, uid, Stop);
            var netns = NetworkNamespace.Open(Assert.Single(Namespaces().Except(before)));
            var addresses = (await fixture.Kubectl.NeedAsync(Stop, "get", "podport", name, "-o", "jsonpath={.status.addresses[*]}")).Split(' ').Select(IPAddress.Parse).ToList();
            pods.Add((id, new TestPod(name, netns, addresses)));
        }
        foreach (var (_, pod) in pods) pod.Serve(80);
        foreach (var (_, pod) in pods)
            foreach (var v6 in new[] { false, true }) Assert.Equal(200, await client.GetAsync(pod, 80, "/", v6, Stop));

        foreach (var (id, pod) in pods)
        {
            await pod.DisposeAsync();
            await containerd.RemoveSandboxAsync(id, Stop);
            pod.Netns.Dispose();
        }
        Assert.Single(first.Attachments().Concat(second.Attachments()));      // the client's
    }

    private static HashSet<string> Namespaces() =>
        Directory.Exists("/var/run/netns") ? Directory.EnumerateFiles("/var/run/netns", "cni-*").ToHashSet(StringComparer.Ordinal) : [];
}

/// <summary>Three nodes, where the test that needs them is asked for.</summary>
public sealed class ContainerdFixture : NodesFixture
{
    protected override bool IsNeeded => base.IsNeeded && Stage.IsAll;
}
