using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Watching;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Kubernetes.Tests.Watching;

/// <summary>A law: whatever a server does for a while, in the end the store has what the server has.</summary>
public sealed class MoodyServerTests : IDisposable
{
    private readonly ApiStub _stub = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Cancel();
        _stub.Dispose();
        _stop.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_server_that_is_slow_wrong_cut_off_restored_and_out_of_order_is_followed_to_its_truth(int seed)
    {
        var server = new Server(new Random(seed));
        _stub.Respond = (_, path, _) => server.Answer(path);
        var informer = new Informer<V1Pod>(_stub.Api, ResourceType.Pods, ResourceScope.Everything, NullLogger.Instance, backoff: new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20)));
        // Who only listens to the news knows the same as who looks into the store.
        var told = new Dictionary<ObjectKey, V1Pod>();
        informer.Changed += change =>
        {
            lock (told)
            {
                if (change.New is { } pod) told[ObjectKey.Of(pod)] = pod;
                else told.Remove(ObjectKey.Of(change.Old!));
            }
        };
        _ = informer.RunAsync(_stop.Token);
        await Eventually.TrueAsync(() => server.Asked > 80, "80 moods");
        server.IsSane = true;
        await Eventually.TrueAsync(() => Same(informer.Store.Current.Objects, server.Truth()), "the store is as the server");
        lock (told) Assert.True(Same(told, server.Truth()));
    }

    private static bool Same(IReadOnlyDictionary<ObjectKey, V1Pod> known, Dictionary<string, (string Version, string Uid)> truth) =>
        known.Count == truth.Count && known.All(one => truth.TryGetValue(one.Key.Name, out var there) && there.Uid == one.Value.Metadata.Uid
            // A restored server has less news than it told; the object's own version is what it has now.
            && there.Version == one.Value.Metadata.ResourceVersion);

    /// <summary>A collection with a history. Each question changes something, and is answered in a mood.</summary>
    private sealed class Server(Random random)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, (string Version, string Uid)> _pods = [];
        private readonly List<(long Version, string Line)> _history = [];
        private (long Version, Dictionary<string, (string, string)> Pods)? _backup;
        private bool _isJustRestored;
        private long _version = 100;
        private int _uids;

        public int Asked { get; private set; }

        public bool IsSane { get; set; }

        public Dictionary<string, (string Version, string Uid)> Truth()
        {
            lock (_gate) return new(_pods);
        }

        public ApiStub.Answer Answer(string path)
        {
            lock (_gate)
            {
                Asked++;
                if (!IsSane)
                {
                    for (var change = _isJustRestored ? 0 : random.Next(3); change > 0; change--) Change();
                    if (random.Next(12) == 0) _backup ??= (_version, new(_pods));
                    if (random.Next(25) == 0 && _backup is { } backup && backup.Version < _version) Restore(backup);
                    switch (random.Next(8))
                    {
                        case 0: return ApiStub.Answer.Status(random.Next(3) switch { 0 => 500, 1 => 429, _ => 503 }, "Moody");
                        case 1: return new ApiStub.Answer(200, ["{\"kind\":"]);
                        case 2: Thread.Sleep(20); break;
                    }
                }
                // One that has caught up before anybody asks where it stands cannot be told from one that was never restored.
                if (!path.Contains("watch=true")) _isJustRestored = false;
                return path.Contains("watch=true") ? Watch(path) : ApiStub.Answer.List($"{_version}", [.. _pods.Select(pod => ApiStub.Pod(pod.Key, pod.Value.Version, pod.Value.Uid))]);
            }
        }

        private ApiStub.Answer Watch(string path)
        {
            var from = long.Parse(System.Text.RegularExpressions.Regex.Match(path, "resourceVersion=([0-9]+)").Groups[1].Value);
            if (_history.Count > 0 && from < _history[0].Version - 1) return new ApiStub.Answer(200, ["""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"""]);
            var lines = _history.Where(one => one.Version > from).Select(one => one.Line).ToList();
            if (!IsSane && lines.Count > 1)
            {
                // Cut off before all was said; twice; late.
                if (random.Next(3) == 0) lines.RemoveRange(1, lines.Count - 1);
                if (random.Next(3) == 0) lines.Insert(lines.Count - 1, lines[0]);
                if (random.Next(3) == 0) lines.Add(lines[0]);
            }
            return ApiStub.Answer.Watch(staysOpen: IsSane && lines.Count == 0, [.. lines]);
        }

        private void Change()
        {
            var name = $"pod-{random.Next(8)}";
            var version = $"{++_version}";
            var (kind, uid) = !_pods.TryGetValue(name, out var known) ? ("ADDED", $"uid-{++_uids}") : random.Next(3) == 0 ? ("DELETED", known.Uid) : ("MODIFIED", known.Uid);
            if (kind == "DELETED") _pods.Remove(name);
            else _pods[name] = (version, uid);
            _history.Add((_version, ApiStub.Event(kind, ApiStub.Pod(name, version, uid))));
            if (_history.Count > 20) _history.RemoveRange(0, 10);
        }

        /// <summary>Everything since is forgotten; what comes next has versions that were told before of something else.</summary>
        private void Restore((long Version, Dictionary<string, (string, string)> Pods) backup)
        {
            _version = backup.Version;
            _pods.Clear();
            foreach (var (name, pod) in backup.Pods) _pods[name] = pod;
            _history.Clear();
            (_backup, _isJustRestored) = (null, true);
        }
    }
}
