using System.Text;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;
using Microsoft.Extensions.Logging;

namespace Demilune.Sdn.Store.Etcd;

/// <summary>The network in etcd, shared by any number of controllers: a key for each object, and one that each write changes.</summary>
/// <remarks>
/// A write is a transaction under the condition that nobody has written since: who lost takes over what the other wrote (the watch brings it) and judges
/// his request anew. So all that <see cref="VirtualNetwork"/> promises of one process (no address twice, nothing that is referred to goes) holds between several.
/// </remarks>
internal sealed partial class EtcdNetworkStore : INetworkStore
{
    /// <summary>Objects for one answer: etcd sends at most 1.5 MiB by default, and a large security group has 100 KiB.</summary>
    private const int PageSize = 500;

    private readonly EtcdClient _etcd;
    private readonly ILogger _log;
    private readonly string _prefix, _writtenKey, _objects;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<(long Revision, StoreNews News)> _news = [];
    private Task? _following;

    /// <summary>The revision of the last write that the owner knows. The owner's: only he writes and takes.</summary>
    private long _known;

    public EtcdNetworkStore(EtcdOptions options, ILogger log)
    {
        _etcd = new EtcdClient(options);
        _log = log;
        (_prefix, _writtenKey, _objects) = (options.Prefix, options.Prefix + "written", options.Prefix + "objects/");
    }

    public event Action? News;

    public IEnumerable<Resource> Load()
    {
        var (revision, written, resources) = ReadAll();
        _known = written;
        _following ??= Task.Run(() => FollowAsync(revision + 1, _stop.Token));
        return resources;
    }

    public bool TryWrite(IReadOnlyList<Change> changes)
    {
        var operations = new JsonArray { Put(_writtenKey, EtcdClient.Encode(Environment.MachineName)) };
        // What one request changes twice is written once: etcd takes each key once.
        foreach (var (resource, deleted) in changes.Reverse().DistinctBy(change => (change.Resource.GetType(), change.Resource.Id)))
        {
            var collection = Collections.Of(resource.GetType());
            var key = $"{_objects}{collection.Path}/{resource.Id}";
            operations.Add(deleted
                ? new JsonObject { ["request_delete_range"] = new JsonObject { ["key"] = EtcdClient.Encode(key) } }
                : Put(key, EtcdClient.Encode(collection.Write(resource))));
        }
        var answer = _etcd.Call("v3/kv/txn", new JsonObject
        {
            ["compare"] = new JsonArray(new JsonObject
            {
                ["key"] = EtcdClient.Encode(_writtenKey), ["target"] = "MOD", ["result"] = "EQUAL", ["mod_revision"] = $"{_known}",
            }),
            ["success"] = operations,
        });
        if ((bool?)answer["succeeded"] != true) return false;
        _known = EtcdClient.Number(answer["header"]?["revision"]);
        return true;
    }

    public StoreNews TakeNews(TimeSpan patience)
    {
        var changes = new List<Change>();
        lock (_news)
        {
            // Our own writes come back too; those that are known are no news.
            while (_news.TryPeek(out var next) && next.Revision <= _known) _news.Dequeue();
            if (_news.Count == 0 && patience > TimeSpan.Zero) Monitor.Wait(_news, patience);
            while (_news.TryDequeue(out var next))
            {
                if (next.Revision <= _known) continue;
                _known = next.Revision;
                if (next.News.IsWhole) return next.News;
                changes.AddRange(next.News.Changes);
                if (_news.TryPeek(out var after) && after.News.IsWhole) break;
            }
        }
        if (changes.Count > 0 || patience == TimeSpan.Zero) return new(changes, false);
        // It is known that somebody wrote, and the watch does not bring it.
        var (_, written, resources) = ReadAll();
        _known = written;
        return Whole(resources);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _following?.Wait();
        _etcd.Dispose();
        _stop.Dispose();
    }

    private void Tell(long revision, StoreNews news)
    {
        lock (_news)
        {
            _news.Enqueue((revision, news));
            Monitor.PulseAll(_news);
        }
        News?.Invoke();
    }

    /// <summary>All writes of one revision come in one message: etcd does not part them unless it is asked to.</summary>
    private IEnumerable<(long Revision, Change? Change)> Events(JsonObject message)
    {
        foreach (var one in message["events"]?.AsArray() ?? [])
        {
            var deleted = (string?)one!["type"] == "DELETE";
            var (row, former) = (one["kv"]!, one["prev_kv"]);
            var resource = deleted ? former is null ? null : Read(former) : Read(row);
            yield return (EtcdClient.Number(row["mod_revision"]), resource is null ? null : new Change(resource, deleted));
        }
    }

    /// <summary>At one moment, however many pages it takes.</summary>
    private (long Revision, long Written, List<Resource> Resources) ReadAll()
    {
        var (revision, written, resources) = (0L, 0L, new List<Resource>());
        var next = _prefix;
        while (true)
        {
            var page = _etcd.Call("v3/kv/range", new JsonObject
            {
                ["key"] = EtcdClient.Encode(next), ["range_end"] = EtcdClient.Encode(EtcdClient.EndOf(_prefix)), ["limit"] = $"{PageSize}", ["revision"] = $"{revision}",
            });
            if (revision == 0) revision = EtcdClient.Number(page["header"]?["revision"]);
            foreach (var row in page["kvs"]?.AsArray() ?? [])
            {
                next = Text(row!["key"]) + "\0";
                if (next == _writtenKey + "\0") written = EtcdClient.Number(row["mod_revision"]);
                else if (Read(row) is { } resource) resources.Add(resource);
            }
            if ((bool?)page["more"] != true) return (revision, written, resources);
        }
    }

    /// <returns>Null: no object of ours.</returns>
    /// <exception cref="IOException">It is one, and cannot be read.</exception>
    private Resource? Read(JsonNode row)
    {
        var key = Text(row["key"]);
        if (!key.StartsWith(_objects, StringComparison.Ordinal)) return null;
        var path = key[_objects.Length..key.LastIndexOf('/')];
        var collection = Collections.All.FirstOrDefault(one => one.Path == path) ?? throw new IOException($"etcd: {key} is of a kind that this version does not know: start the version that wrote it");
        try
        {
            return collection.Read(Convert.FromBase64String((string?)row["value"] ?? ""));
        }
        catch (System.Text.Json.JsonException error)
        {
            throw new IOException($"etcd: {key} cannot be read: {error.Message}", error);
        }
    }

    private static StoreNews Whole(IEnumerable<Resource> resources) => new([.. resources.Select(resource => new Change(resource, false))], true);

    private static string Text(JsonNode? base64) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)base64 ?? ""));

    private static JsonObject Put(string key, string value) => new() { ["request_put"] = new JsonObject { ["key"] = EtcdClient.Encode(key), ["value"] = value } };
}
