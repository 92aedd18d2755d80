using System.Collections.Concurrent;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>All pods of this node: one worker each, from the first word of the pod until nothing of it is left.</summary>
internal sealed class NodeAgent(NodeServices node) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (PodWorker Worker, Task Running)> _pods = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private FileSystemWatcher? _exits;

    /// <summary>Begins to listen for exits. Pods are told by <see cref="Put"/>.</summary>
    public void Start()
    {
        node.Paths.Create();
        _exits = new FileSystemWatcher(node.Paths.Exits) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite, EnableRaisingEvents = true };
        _exits.Created += (_, file) => Ended(file.Name);
        _exits.Changed += (_, file) => Ended(file.Name);
        _exits.Renamed += (_, file) => Ended(file.Name);
    }

    public int Count => _pods.Count;

    /// <summary>The pod is bound to this node, or has changed.</summary>
    public void Put(V1Pod pod)
    {
        var uid = pod.Metadata.Uid;
        if (_pods.TryGetValue(uid, out var known)) known.Worker.Update(pod);
        // A finished pod that is not known here was finished by an earlier process; only its end is still ours.
        else Begin(new PodWorker(node, pod));
    }

    /// <summary>The API server knows it no more.</summary>
    public void Remove(string uid)
    {
        if (_pods.TryGetValue(uid, out var known)) known.Worker.Gone();
    }

    /// <summary>Once all pods that exist were put: takes down what this machine still has of others.</summary>
    public void RemoveOthers()
    {
        foreach (var folder in Directory.Exists(node.Paths.Pods) ? Directory.GetDirectories(node.Paths.Pods) : [])
        {
            if (_pods.ContainsKey(Path.GetFileName(folder)) || Remembered(folder) is not { } pod) continue;
            Begin(new PodWorker(node, pod, gone: true));
        }
    }

    /// <summary>The worker of a pod, for logs and exec.</summary>
    public PodWorker? Find(string ns, string name, string? uid) => _pods.Values.Select(each => each.Worker)
        .FirstOrDefault(worker => worker.Pod.Metadata is var meta && meta.NamespaceProperty == ns && meta.Name == name && (string.IsNullOrEmpty(uid) || meta.Uid == uid));

    /// <summary>Takes every pod down, whatever the API server thinks: nothing of this node is left on the machine.</summary>
    public async Task UninstallAsync(CancellationToken cancellation)
    {
        RemoveOthers();
        foreach (var (worker, _) in _pods.Values) worker.Gone(forced: true);
        await Task.WhenAll(_pods.Values.Select(each => each.Running)).WaitAsync(cancellation);
        await Mounts.RemoveBelowAsync(node.Paths.Run, cancellation);
        foreach (var folder in (string[])[node.Paths.Namespaces, node.Paths.Bundles, node.Paths.Exits, node.Paths.Sockets, node.Paths.RuntimeRoot, node.Paths.Pods, node.Paths.ImageRoots])
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Containers.Cgroups.Remove(node.Paths.CgroupParent);
    }

    /// <summary>Stops looking after the pods; they run on.</summary>
    public async ValueTask DisposeAsync()
    {
        _exits?.Dispose();
        await _stop.CancelAsync();
        await Task.WhenAll(_pods.Values.Select(each => each.Running));
        _stop.Dispose();
    }

    private void Begin(PodWorker worker)
    {
        var uid = worker.Pod.Metadata.Uid;
        var running = new Task<Task>(async () =>
        {
            await worker.RunAsync(_stop.Token);
            _pods.TryRemove(uid, out _);
        });
        if (_pods.TryAdd(uid, (worker, running.Unwrap()))) running.Start(TaskScheduler.Default);
    }

    /// <summary>conmon wrote an exit code; its file is named after the container: UID_NAME_ATTEMPT.</summary>
    private void Ended(string? containerId)
    {
        if (containerId?.Split('_') is [var uid, ..] && _pods.TryGetValue(uid, out var known)) known.Worker.Wake();
    }

    private V1Pod? Remembered(string folder)
    {
        var file = Path.Combine(folder, "pod.json");
        try
        {
            using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
            return Kubernetes.Api.ObjectJson.Read<V1Pod>(json.RootElement);
        }
        catch (Exception error) when (error is IOException or System.Text.Json.JsonException)
        {
            NodeLog.PodFailed(node.Log, file, error.Message);
            return null;
        }
    }
}
