using System.Collections.Immutable;
using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Kubernetes.Watching;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using SecurityPolicy = Demilune.Kubernetes.Crds.SecurityPolicy;

namespace Demilune.Orchestrator.Tests.Converging;

/// <summary>Whatever the API server does, and however many of us there are for a moment, in the end there is what should be, done once.</summary>
public sealed class ConvergingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Two_that_lead_at_once_with_a_server_of_moods_do_everything_once(int seed)
    {
        await using var server = await MoodyApiServer.StartAsync(seed);
        using var api = server.Connect();
        await CrdInstaller.InstallAsync(api, Stop);
        await SystemNamespace.EnsureAsync(api, Stop);
        await api.CreateAsync(SecurityPolicy.Resource, A.Policy(tag: null), Stop);
        var networks = new Networks();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using KubernetesApi one = server.Connect(), other = server.Connect();
        // A lease that ran out in the middle of a garbage collection: for a moment both believe that they lead.
        Task[] running = [LeadAsync(one, networks, end.Token), LeadAsync(other, networks, end.Token)];

        server.IsSane = false;
        networks.Set(A.Pod("web-1", "n1", "web"), A.Pod("web-2", "n2", "web"));
        await UntilAsync("an instance on each node", async () => (await InstancesAsync(api)).Count == 2 && server.MoodsMet > 30, server);
        await UntilAsync("and its policy has a tag", async () => await PolicyAsync(api) is { Status.Tag: not null }, server);
        Assert.Equal(2, server.Done.Count(done => done.StartsWith("POST", StringComparison.Ordinal)));

        networks.Set(A.Pod("web-1", "n1", "web"));
        await UntilAsync("what nobody needs goes", async () => (await InstancesAsync(api)).Count == 1, server);
        server.IsSane = true;
        // Long enough for whoever would like to do it again.
        await Task.Delay(1000, Stop);
        Assert.Equal("n1", Assert.Single(await InstancesAsync(api)).Spec.NodeName);
        Assert.Equal(2, server.Done.Count(done => done.StartsWith("POST", StringComparison.Ordinal)));
        await end.CancelAsync();
        await Task.WhenAll(running);
    }

    private static Task LeadAsync(KubernetesApi api, Networks networks, CancellationToken stop)
    {
        var informers = new ClusterInformers(api, NullLogger.Instance);
        var events = new EventRecorder(api, "test", NullLogger.Instance);
        var controller = new OrchestratorController(
            api, informers, networks, new OrchestratorOptions { IdleGrace = TimeSpan.FromMilliseconds(500) }, events, TimeProvider.System, NullLogger<OrchestratorController>.Instance);
        return Task.WhenAll(UntilStopped(informers.RunAsync(stop)), UntilStopped(events.RunAsync(stop)), UntilStopped(controller.RunAsync(stop)));

        static async Task UntilStopped(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // As it was told.
            }
        }
    }

    private static async Task<IReadOnlyList<V1Pod>> InstancesAsync(KubernetesApi api) =>
        [.. (await api.ListAsync<V1Pod>(ResourceType.Pods, ResourceScope.Everything, Stop)).Items.Where(pod => FirewallPods.FirewallOf(pod) is not null && pod.Metadata.DeletionTimestamp is null)];

    private static async Task<SecurityPolicy?> PolicyAsync(KubernetesApi api) =>
        (await api.ListAsync<SecurityPolicy>(SecurityPolicy.Resource, ResourceScope.Everything, Stop)).Items.SingleOrDefault();

    private static async Task UntilAsync(string what, Func<Task<bool>> seen, MoodyApiServer server)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(50, Stop))
        {
            try
            {
                if (await seen()) return;
            }
            catch (Exception error) when (error is ApiException or HttpRequestException or IOException or System.Text.Json.JsonException)
            {
                // We are answered in moods too.
            }
            Assert.True(waited.Elapsed < Patience, $"not within {Patience}: {what}; {server.MoodsMet} moods, {string.Join(", ", server.Done)}");
        }
    }

    private sealed class Networks : IPodNetworks
    {
        public ImmutableDictionary<string, PodNetwork> Current { get; private set; } = ImmutableDictionary<string, PodNetwork>.Empty;

        public Task Synced => Task.CompletedTask;

        public event Action? Changed;

        public void Set(params PodNetwork[] pods)
        {
            Current = pods.ToImmutableDictionary(pod => pod.PodUid);
            Changed?.Invoke();
        }
    }
}
