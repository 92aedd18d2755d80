using System.Collections.Concurrent;
using Demilune.Local.Images;
using Demilune.Local.Node;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Volumes;
using Demilune.Local.Pods;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Local.Tests.Node.EndToEnd;

/// <summary>A node with everything real but the API server: containers, namespaces, mounts, in folders of its own.</summary>
internal sealed class RealNode : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"localnode-{Guid.NewGuid():N}"[..20]);
    private NodeServices _services = null!;

    private RealNode()
    {
    }

    public RecordingApi Api { get; } = new();
    public NodeAgent Agent { get; private set; } = null!;
    public PodRuntime Runtime { get; private set; } = null!;
    public NodePaths Paths { get; private set; } = null!;
    public string CniConfig => Path.Combine(_folder, "cni.d");
    public string CniBin => Path.Combine(_folder, "cni.bin");
    public string ImageFolder => Path.Combine(_folder, "images");
    public string Scratch => Directory.CreateDirectory(Path.Combine(_folder, "scratch")).FullName;

    /// <summary>Skips the test, saying why, where containers cannot be run.</summary>
    public static RealNode Start()
    {
        Assert.SkipUnless(Environment.UserName is "root", "runs containers: needs root");
        foreach (var program in (string[])["conmon", "unshare", "nsenter", "ip", "mount"])
            Assert.SkipWhen(Programs.Find(program) is null, $"runs containers: {program} is not installed");
        Assert.SkipWhen(Programs.Find("runc") is null && Programs.Find("crun") is null, "runs containers: neither runc nor crun is installed");
        var node = new RealNode();
        Directory.CreateDirectory(node.CniConfig);
        Directory.CreateDirectory(node.CniBin);
        Directory.CreateDirectory(node.ImageFolder);
        node.Paths = new NodePaths(Path.Combine(node._folder, "state"), Path.Combine(node._folder, "run"));
        node.Begin();
        return node;
    }

    /// <summary>This process's part ends, as if it had been killed, and begins again.</summary>
    public async Task RestartAsync(TimeSpan away = default)
    {
        await Agent.DisposeAsync();
        // What was said before the restart is no news after it; cleared later, the first status of the new agent could be lost.
        Api.Statuses.Clear();
        await Task.Delay(away);
        Begin();
        foreach (var pod in Api.Pods.Values) Agent.Put(pod);
        Agent.RemoveOthers();
    }

    public void Put(V1Pod pod)
    {
        Api.Pods[pod.Metadata.Uid] = pod;
        Agent.Put(pod);
    }

    /// <summary>As kubectl delete does: the API server sets the time by which the pod must be gone.</summary>
    public void Delete(V1Pod pod, int graceSeconds)
    {
        var current = Api.Pods[pod.Metadata.Uid];
        Put(current with { Metadata = current.Metadata with { DeletionTimestamp = DateTime.UtcNow.AddSeconds(graceSeconds), DeletionGracePeriodSeconds = graceSeconds } });
    }

    public async Task<V1PodStatus> UntilAsync(V1Pod pod, Func<V1PodStatus, bool> condition, int seconds = 60)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (DateTime.UtcNow < deadline)
        {
            if (Api.Statuses.TryGetValue(pod.Metadata.Uid, out var status) && condition(status)) return status;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"not within {seconds} s; status: {Kubernetes.Api.ObjectJson.Write(Api.Statuses.GetValueOrDefault(pod.Metadata.Uid) ?? new V1PodStatus())}; events: {string.Join("; ", Api.Events)}");
        return null!;
    }

    public async Task UntilGoneAsync(V1Pod pod, int seconds = 60)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (DateTime.UtcNow < deadline && Api.Pods.ContainsKey(pod.Metadata.Uid)) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.False(Api.Pods.ContainsKey(pod.Metadata.Uid), $"pod still there; events: {string.Join("; ", Api.Events)}");
    }

    public async Task<string> LogAsync(V1Pod pod, string container = "main", LogRequest? request = null)
    {
        await using var stream = await Runtime.OpenLogAsync(Target(pod, container), request ?? new LogRequest(), TestContext.Current.CancellationToken);
        return await new StreamReader(stream).ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public async Task<(int Code, string Output)> ExecAsync(V1Pod pod, params string[] command)
    {
        var output = new MemoryStream();
        var code = await Runtime.ExecAsync(Target(pod, "main"), command, new ProcessStreams(null, output, output, false, null), TestContext.Current.CancellationToken);
        return (code, System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    public static ContainerTarget Target(V1Pod pod, string container) => new(pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid, container);

    /// <summary>What of this node the machine still has: mounts, cgroups, processes, files.</summary>
    public IReadOnlyList<string> Remains() =>
    [
        .. Mounts.Below(_folder),
        .. Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(root => root + Paths.CgroupParent).Where(Directory.Exists),
        .. Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Where(folder => Line(folder).Contains(_folder, StringComparison.Ordinal)),
        .. Directory.Exists(Paths.Pods) ? Directory.GetFileSystemEntries(Paths.Pods) : [],
        .. Directory.Exists(Paths.Run) ? Directory.GetFileSystemEntries(Paths.Run) : [],
    ];

    public Task UninstallAsync() => Agent.UninstallAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await Agent.UninstallAsync(limit.Token);
        await Agent.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Begin()
    {
        string[] addresses = ["127.0.0.1"];
        _services = new NodeServices(
            Paths, Api, OciRuntime.Find(Paths), new Sandbox(Paths, [CniBin], CniConfig), new PodVolumes(Paths, Api, addresses),
            new ImageStore(ImageFolder, Paths.ImageRoots, [Paths.State, Paths.Run]), addresses, Capabilities.OfThisProcess(), TimeProvider.System, NullLogger.Instance);
        Agent = new NodeAgent(_services);
        Agent.Start();
        Runtime = new PodRuntime(Paths, _services.Runtime, Agent);
    }

    private static string Line(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }
}

/// <summary>An API server that remembers what it was told.</summary>
internal sealed class RecordingApi : INodeApi
{
    public ConcurrentDictionary<string, V1Pod> Pods { get; } = new();
    public ConcurrentDictionary<string, V1PodStatus> Statuses { get; } = new();
    public ConcurrentDictionary<string, V1ConfigMap> ConfigMaps { get; } = new();
    public ConcurrentDictionary<string, V1Secret> Secrets { get; } = new();
    public ConcurrentQueue<string> Events { get; } = new();

    public Task<bool> WriteStatusAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellation)
    {
        Statuses[pod.Metadata.Uid] = status;
        Pods.AddOrUpdate(pod.Metadata.Uid, pod, (_, known) => known with { Status = status });
        return Task.FromResult(true);
    }

    public Task ConfirmDeletedAsync(V1Pod pod, CancellationToken cancellation)
    {
        Pods.TryRemove(pod.Metadata.Uid, out _);
        return Task.CompletedTask;
    }

    public Task<V1ConfigMap?> FindConfigMapAsync(string ns, string name, CancellationToken cancellation) => Task.FromResult(ConfigMaps.GetValueOrDefault(name));
    public Task<V1Secret?> FindSecretAsync(string ns, string name, CancellationToken cancellation) => Task.FromResult(Secrets.GetValueOrDefault(name));
    public Task<string> RequestTokenAsync(V1Pod pod, string? audience, long expirationSeconds, CancellationToken cancellation) => Task.FromResult($"token for {audience}");
    public Task RegisterAsync(V1Node node, CancellationToken cancellation) => Task.CompletedTask;
    public Task HeartbeatAsync(string node, CancellationToken cancellation) => Task.CompletedTask;
    public void Record(V1Pod pod, EventSeverity severity, string reason, string message) => Events.Enqueue($"{reason}: {message}");
}
