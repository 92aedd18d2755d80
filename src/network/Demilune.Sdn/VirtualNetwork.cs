using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;
using Demilune.Sdn.Store;
using Demilune.Sdn.Store.Etcd;
using Microsoft.Extensions.Logging;
using Port = Demilune.Neutron.Port;

namespace Demilune.Sdn;

/// <summary>The network: owner of its state, its store, and the word to whoever follows it. Safe for concurrent use.</summary>
/// <remarks>Requests that change something run one after the other; those that read never wait.</remarks>
public sealed class VirtualNetwork : INodeNetwork, IDisposable
{
    /// <summary>One of those who write at once wins each time; who has lost for so long meets controllers that should not all be writing.</summary>
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(30);

    /// <summary>For what another controller has written to arrive; then everything is read.</summary>
    private static readonly TimeSpan NewsPatience = TimeSpan.FromMilliseconds(500);

    private readonly Lock _writing = new();
    private readonly INetworkStore _store;
    private readonly TimeProvider _time;
    private readonly Topology.Translation _translation = new();
    private readonly RouterReports _reports = new();
    private readonly GatewayNodes _gateways = new();
    private volatile NetworkState _state, _told;
    private HeldChange? _held;
    private bool _hasUnplaced;

    internal VirtualNetwork(INetworkStore store, TimeProvider time, bool tunnels = false)
    {
        _store = store;
        _time = time;
        Tunnels = tunnels;
        _told = _state = store.Load().Aggregate(NetworkState.Empty, (state, resource) => state.With(resource));
        store.News += () =>
        {
            lock (_writing)
            {
                TakeNews(TimeSpan.Zero);
                PlaceGateways();
            }
        };
    }

    /// <summary>Opens the network kept in a file, or begins one.</summary>
    /// <param name="tunnels">Nodes tunnel to each other: where a pod is concerns all of them.</param>
    /// <exception cref="IOException">The file cannot be used; the message says why and what to do.</exception>
    public static VirtualNetwork Open(string path, TimeProvider time, bool tunnels = false) => new(new SqliteNetworkStore(path), time, tunnels);

    /// <summary>Opens the network that is kept in etcd, where other controllers may be at work on it, or begins one.</summary>
    /// <param name="log">Where it is said that etcd is not heard.</param>
    /// <inheritdoc cref="Open(string, TimeProvider, bool)"/>
    public static VirtualNetwork Open(EtcdOptions etcd, TimeProvider time, ILogger log, bool tunnels = false) => new(new EtcdNetworkStore(etcd, log), time, tunnels);

    /// <inheritdoc/>
    public event Action<IReadOnlySet<string>?>? Changed;

    internal NetworkState State => _state;

    private bool Tunnels { get; }

    /// <summary>What a node observed of its ports: ACTIVE or DOWN. Ports that are not (or no longer) its own are not its to judge.</summary>
    public void SetPortStatus(string node, IReadOnlyCollection<(string PortId, bool Active)> observed)
    {
        // Twice a second for each node, and almost never news: most of the time nobody has to wait for it.
        if (observed.All(port => !IsNews(_state, port))) return;
        Change(draft =>
        {
            foreach (var seen in observed)
                if (IsNews(draft.State, seen) && draft.State.Find<Port>(seen.PortId) is { } port)
                    draft.Put(draft.Revised(port with { Status = Status(seen.Active) }));
            return true;
        });

        bool IsNews(NetworkState state, (string PortId, bool Active) seen) =>
            state.Find<Port>(seen.PortId) is { } port && port.HostId == node && port.Status != Status(seen.Active);
    }

    /// <inheritdoc/>
    public void SetRouterStatus(string node, IReadOnlyCollection<(string RouterId, bool Active)> observed)
    {
        lock (_reports)
        {
            if (_reports.Take(node, observed) is not { Count: > 0 } news) return;
            Change(draft =>
            {
                foreach (var (id, active) in news)
                    if (draft.State.Find<Neutron.Router>(id) is { } router && router.Status != Status(active)) draft.Put(router with { Status = Status(active) });
                return true;
            });
        }
    }

    /// <inheritdoc/>
    public void SetFloatingStatus(string node, IReadOnlySet<string> translated)
    {
        if (!News(_state).Any()) return;
        Change(draft =>
        {
            foreach (var floating in News(draft.State).ToList()) draft.Put(floating with { Status = Status(translated.Contains(floating.Id)) });
            return true;
        });

        IEnumerable<Neutron.FloatingIp> News(NetworkState state) => Topology.Gateways.Of(state, state.Referrers<Port>(Resources.Ports.NodeReference(node)))
            .SelectMany(gateway => state.Referrers<Neutron.FloatingIp>(gateway.Router.Id)).Where(floating => floating.Status != Status(translated.Contains(floating.Id)));
    }

    /// <inheritdoc/>
    public void SetGatewayNode(string node, bool hasInterface)
    {
        lock (_writing)
        {
            if (!_gateways.Take(node, hasInterface)) return;
            _hasUnplaced = true;
            PlaceGateways();
        }
    }

    /// <inheritdoc cref="INodeNetwork.Compose"/>
    public NodeState Compose(string node, NodeSupplement supplement) => Topology.NodeTopology.Compose(_told, node, supplement, _translation);

    /// <summary>
    /// What changes until the result is disposed of is one change to the nodes: they are told the network as it was before, and then all at once. So a pod that goes from
    /// one group of addresses to another is never in both, or in none, to them.
    /// </summary>
    /// <param name="longest">Then they are told what there is: whoever makes the change may be slow, and others wait.</param>
    /// <exception cref="InvalidOperationException">Another change is under way.</exception>
    public IDisposable Hold(TimeSpan longest)
    {
        lock (_writing)
        {
            if (_held is not null) throw new InvalidOperationException("one change of many requests is under way already");
            var held = _held = new();
            held.Limit = _time.CreateTimer(_ => Release(held), null, longest, Timeout.InfiniteTimeSpan);
            return new Releaser(() => Release(held));
        }
    }

    /// <summary>Whose address it is, as "namespace/name"; null: no pod's.</summary>
    public string? FindPod(uint networkNumber, string address) => Topology.PodNames.Find(_state, networkNumber, address);

    internal ApiAnswer Answer(ApiRequest request)
    {
        // A project's default group is there when somebody first looks.
        if (request.Method == "GET" && request.Path.StartsWith("security-group", StringComparison.Ordinal))
        {
            var project = LooksAt(request);
            if (Resources.SecurityGroups.DefaultOf(_state, project) is null)
                Change(draft =>
                {
                    Resources.SecurityGroups.EnsureDefault(draft, project);
                    return true;
                });
        }
        if (request.Method == "GET") return NetworkApi.Answer(request, new(_state, request.Caller, _time.GetUtcNow(), Random.Shared));
        var answer = new ApiAnswer(500, null);
        Change(draft => (answer = NetworkApi.Answer(request, draft)).Status < 400, request.Caller);
        return answer;
    }

    /// <summary>An administrator may look at somebody else's.</summary>
    private static string LooksAt(ApiRequest request) =>
        request.Caller.IsAdmin && request.Query.FirstOrDefault(pair => pair.Key is "project_id" or "tenant_id").Value is { Length: > 0 and <= 255 } named
            ? named : request.Caller.Project;

    private static string Status(bool active) => active ? "ACTIVE" : "DOWN";

    private void Change(Func<Draft, bool> change, Caller? caller = null)
    {
        lock (_writing)
        {
            TakeNews(TimeSpan.Zero);
            for (var began = _time.GetTimestamp(); _time.GetElapsedTime(began) < WritePatience;)
            {
                var draft = new Draft(_state, caller ?? new("", true), _time.GetUtcNow(), Random.Shared);
                if (!change(draft) || draft.Changes.Count == 0) return;
                // Kept before it is believed: nobody may see what a crash would take back.
                if (_store.TryWrite(draft.Changes))
                {
                    Believe(draft.State, draft.Changes);
                    PlaceGateways();
                    return;
                }
                // Another controller was faster: the request is judged anew, by what it has made of the network.
                TakeNews(NewsPatience);
            }
            throw new IOException($"other controllers went on writing to the network while one change was tried for {WritePatience.TotalSeconds:0} s");
        }
    }

    /// <summary>Only while writing.</summary>
    private void TakeNews(TimeSpan patience)
    {
        var news = _store.TakeNews(patience);
        if (news.IsNone) return;
        var changes = news.IsWhole ? StateDifference.Of(_state, news.Changes) : news.Changes;
        if (changes.Count > 0) Believe(changes.Aggregate(_state, (state, change) => change.Deleted ? state.Find(change.Resource.GetType(), change.Resource.Id) is { } gone ? state.Without(gone) : state : state.With(change.Resource)), changes);
    }

    private void Believe(NetworkState next, IReadOnlyList<Change> changes)
    {
        var before = _state;
        _state = next;
        _hasUnplaced |= changes.Any(change => !change.Deleted && GatewayNodes.IsUnplaced(change.Resource));
        if (_held is { } held)
        {
            held.Add(Topology.Spans.Of(before, next, changes, Tunnels));
            return;
        }
        _told = next;
        if (Changed is { } changed) changed(Topology.Spans.Of(before, next, changes, Tunnels));
    }

    /// <summary>Only while writing.</summary>
    private void PlaceGateways()
    {
        if (!_hasUnplaced) return;
        _hasUnplaced = false;
        Change(draft =>
        {
            _gateways.Place(draft);
            return true;
        });
    }

    private void Release(HeldChange held)
    {
        held.Limit?.Dispose();
        lock (_writing)
        {
            if (_held != held) return;
            _held = null;
            _told = _state;
            if (held.IsNews) Changed?.Invoke(held.Concerned);
        }
    }

    public void Dispose() => _store.Dispose();

    private sealed class Releaser(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
