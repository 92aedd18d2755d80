using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;
using Demilune.Sdn.Store;
using Port = Demilune.Neutron.Port;

namespace Demilune.Sdn;

/// <summary>The network: owner of its state, its store, and the word to whoever follows it. Safe for concurrent use.</summary>
/// <remarks>Requests that change something run one after the other; those that read never wait.</remarks>
public sealed class VirtualNetwork : INodeNetwork, IDisposable
{
    private readonly Lock _writing = new();
    private readonly INetworkStore _store;
    private readonly TimeProvider _time;
    private readonly Topology.Translation _translation = new();
    private volatile NetworkState _state;

    internal VirtualNetwork(INetworkStore store, TimeProvider time, bool tunnels = false)
    {
        _store = store;
        _time = time;
        Tunnels = tunnels;
        _state = store.Load().Aggregate(NetworkState.Empty, (state, resource) => state.With(resource));
    }

    /// <summary>Opens the network kept in a file, or begins one.</summary>
    /// <param name="tunnels">Nodes tunnel to each other: where a pod is concerns all of them.</param>
    /// <exception cref="IOException">The file cannot be used; the message says why and what to do.</exception>
    public static VirtualNetwork Open(string path, TimeProvider time, bool tunnels = false) => new(new SqliteNetworkStore(path), time, tunnels);

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

    /// <inheritdoc cref="INodeNetwork.Compose"/>
    public NodeState Compose(string node, NodeSupplement supplement) => Topology.NodeTopology.Compose(_state, node, supplement, _translation);

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
            var draft = new Draft(_state, caller ?? new("", true), _time.GetUtcNow(), Random.Shared);
            if (!change(draft) || draft.Changes.Count == 0) return;
            // Kept before it is believed: nobody may see what a crash would take back.
            _store.Write(draft.Changes);
            var before = _state;
            _state = draft.State;
            if (Changed is { } changed) changed(Topology.Spans.Of(before, _state, draft.Changes, Tunnels));
        }
    }

    public void Dispose() => _store.Dispose();
}
