using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Demilune.Contracts.Nodes;
using Demilune.Sdn;

namespace Demilune.Controller.Nodes;

/// <summary>What each node must be now. Followers get the newest state and never one that is older than another they got.</summary>
/// <remarks>There is no queue: a follower that is slow finds, when it comes back, only what is true then.</remarks>
internal sealed class NodeStates
{
    /// <summary>A burst of changes (Raven applying a plan) becomes a few states instead of hundreds; too short for anybody to notice.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(5);

    private readonly INodeNetwork _network;
    private readonly INodeSupplement _supplement;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private long _revision;

    public NodeStates(INodeNetwork network, INodeSupplement supplement, TimeProvider time)
    {
        (_network, _supplement, _time) = (network, supplement, time);
        // Grows over restarts too, as the agents expect, without being kept anywhere.
        _revision = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        network.Changed += concerned =>
        {
            foreach (var name in concerned ?? (IEnumerable<string>)_nodes.Keys)
                if (_nodes.TryGetValue(name, out var node)) node.Touch();
        };
        supplement.Changed += () =>
        {
            foreach (var node in _nodes.Values) node.Wake();
        };
    }

    public async IAsyncEnumerable<NodeState> FollowAsync(string name, [EnumeratorCancellation] CancellationToken ct)
    {
        // One per name for ever, as in the registry.
        var node = _nodes.GetOrAdd(name, static _ => new());
        NodeState? sent = null;
        (long Touches, NodeSupplement Supplement)? seen = null;
        while (true)
        {
            // Taken before reading: a change that comes while the state is composed is not missed.
            var woken = node.Woken;
            var touches = node.Touches;
            if (_supplement.For(name) is { } supplement && !(seen is { } last && last.Touches == touches && ReferenceEquals(last.Supplement, supplement)))
            {
                seen = (touches, supplement);
                if (_network.Compose(name, supplement) is { } state && (sent is null || !Same(state, sent)))
                {
                    state.Revision = (ulong)Interlocked.Increment(ref _revision);
                    sent = state;
                    yield return state;
                }
            }
            await woken.WaitAsync(ct);
            await Task.Delay(Settle, _time, ct);
        }
    }

    /// <summary>Without a revision; null: not yet known.</summary>
    public NodeState? Compose(string node) => _supplement.For(node) is { } supplement ? _network.Compose(node, supplement) : null;

    private static bool Same(NodeState state, NodeState sent)
    {
        state.Revision = sent.Revision;
        return state.Equals(sent);
    }

    /// <summary>A node that was attached since this controller started.</summary>
    private sealed class Node
    {
        private volatile TaskCompletionSource _woken = NewSignal();
        private long _touches;

        /// <summary>Changes of the network that may concern it.</summary>
        public long Touches => Interlocked.Read(ref _touches);

        /// <summary>Completes when there may be something new.</summary>
        public Task Woken => _woken.Task;

        public void Touch()
        {
            Interlocked.Increment(ref _touches);
            Wake();
        }

        public void Wake() => Interlocked.Exchange(ref _woken, NewSignal()).TrySetResult();

        /// <summary>Continuations run elsewhere: whoever changes the network must not compose states.</summary>
        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
