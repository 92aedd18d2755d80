using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.Watching;
using Demilune.Local.Images;
using Demilune.Local.Node.Cni;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Volumes;
using Demilune.Local.Pods;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>The node in the host of the local cluster: a client of the API server beside it like any other.</summary>
public sealed class NodeRole(LocalOptions options, IHostApplicationLifetime lifetime, ILogger<NodeRole> log) : BackgroundService, IPodRuntime
{
    /// <summary>A lease of 40 s renewed four times in it, as kubelet does.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>While the network is not there yet, a look now and then is cheap and a pod that waits is not.</summary>
    private static readonly TimeSpan UnreadyHeartbeat = TimeSpan.FromSeconds(1);

    /// <summary>How long somebody who asks for a log or a process waits for a node that is just starting.</summary>
    private static readonly TimeSpan AdoptionLimit = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<PodRuntime> _adopted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<NodeRole>();
        services.AddSingleton<IPodRuntime>(provider => provider.GetRequiredService<NodeRole>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeRole>());
    }

    public async Task<Stream> OpenLogAsync(ContainerTarget target, LogRequest request, CancellationToken cancellation) =>
        await (await RuntimeAsync(cancellation)).OpenLogAsync(target, request, cancellation);

    public async Task<int> ExecAsync(ContainerTarget target, IReadOnlyList<string> command, ProcessStreams streams, CancellationToken cancellation) =>
        await (await RuntimeAsync(cancellation)).ExecAsync(target, command, streams, cancellation);

    public async Task<int> AttachAsync(ContainerTarget target, ProcessStreams streams, CancellationToken cancellation) =>
        await (await RuntimeAsync(cancellation)).AttachAsync(target, streams, cancellation);

    /// <summary>Takes down every pod of this node and removes what the node keeps; the API server need not run.</summary>
    public static async Task UninstallAsync(LocalOptions options, ILogger log, CancellationToken cancellation)
    {
        var paths = Paths(options);
        if (!Directory.Exists(paths.Pods) && !Directory.Exists(paths.Bundles)) return;
        await using var agent = new NodeAgent(Services(options, paths, new SilentApi(), [], log));
        agent.Start();
        await agent.UninstallAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.NoNode) return;
        try
        {
            await StartedAsync(stoppingToken);
            await RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the containers run on.
        }
        catch (NodeException error)
        {
            NodeLog.Unable(log, error.Message);
            lifetime.StopApplication();
        }
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var api = KubernetesApi.Connect(options.Kubeconfig);
        var events = new EventRecorder(api, "demilune-local", log);
        var paths = Paths(options);
        var addresses = NodeDescription.Addresses();
        var nodeApi = new KubernetesNodeApi(api, events, TimeProvider.System);
        var services = Services(options, paths, nodeApi, addresses, log);
        await using var agent = new NodeAgent(services);
        agent.Start();
        var runtime = new PodRuntime(paths, services.Runtime, agent);

        var pods = new Informer<V1Pod>(api, ResourceType.Pods, new ResourceScope(FieldSelector: $"spec.nodeName={options.NodeName}"), log);
        pods.Changed += change =>
        {
            if (change.New is { } pod) agent.Put(pod);
            else agent.Remove(change.Old!.Metadata.Uid);
        };
        await Task.WhenAll(events.RunAsync(cancellation), pods.RunAsync(cancellation), AdoptAsync(), BeatAsync(services, cancellation));

        async Task AdoptAsync()
        {
            await pods.Synced.WaitAsync(cancellation);
            agent.RemoveOthers();
            _adopted.TrySetResult(runtime);
            NodeLog.Ready(log, options.NodeName, services.Runtime.Name, paths.Pods, agent.Count);
        }
    }

    /// <summary>Says for ever that this node is alive, and whether it can give pods a network.</summary>
    private async Task BeatAsync(NodeServices services, CancellationToken cancellation)
    {
        var since = TimeProvider.System.GetUtcNow();
        string? before = "";
        while (!cancellation.IsCancellationRequested)
        {
            var unready = Unready();
            if (unready != before) since = TimeProvider.System.GetUtcNow();
            before = unready;
            try
            {
                var node = NodeDescription.Of(options.NodeName, services.Runtime.Version, services.HostAddresses, unready, since, TimeProvider.System.GetUtcNow());
                await services.Api.RegisterAsync(node, cancellation);
                await services.Api.HeartbeatAsync(options.NodeName, cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                NodeLog.NotRegistered(log, options.NodeName, error.Message);
            }
            await Task.Delay(unready is null ? Heartbeat : UnreadyHeartbeat, cancellation);
        }
    }

    private string? Unready()
    {
        try
        {
            CniNetwork.Load(options.CniConfig);
            return null;
        }
        catch (NodeException error)
        {
            return $"container runtime network not ready: {error.Message}";
        }
    }

    private async Task StartedAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellation);
    }

    /// <summary>The containers of this node, once those of the former process are known again.</summary>
    /// <exception cref="PodRuntimeException">The node has not started.</exception>
    private async Task<PodRuntime> RuntimeAsync(CancellationToken cancellation)
    {
        try
        {
            return await _adopted.Task.WaitAsync(AdoptionLimit, cancellation);
        }
        catch (TimeoutException)
        {
            throw new PodRuntimeException("the node of this cluster has not started yet");
        }
    }

    private static NodePaths Paths(LocalOptions options) => new(options.Directory, options.RunDirectory);

    private static NodeServices Services(LocalOptions options, NodePaths paths, INodeApi api, IReadOnlyList<string> addresses, ILogger log)
    {
        string[] hidden = [options.Directory, options.RunDirectory, .. options.ImageDirectory is { } images ? [images] : (string[])[]];
        return new NodeServices(
            paths, api, OciRuntime.Find(paths), new Sandbox(paths, options.CniBin.Split(':'), options.CniConfig),
            new PodVolumes(paths, api, addresses), new ImageStore(options.ImageDirectory, paths.ImageRoots, hidden), addresses, Capabilities.OfThisProcess(), TimeProvider.System, log)
        {
            SeccompDirectory = options.SeccompDirectory, RealTime = options.RealTime,
        };
    }
}
