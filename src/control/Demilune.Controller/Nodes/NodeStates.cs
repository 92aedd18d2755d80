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

    private readonly VirtualNetwork _network;
    private readonly INodeSupplement _supplement;
    private readonly TimeProvider _time;
    private volatile TaskCompletionSource _changed = NewSignal();
    private long _revision;

    public NodeStates(VirtualNetwork network, INodeSupplement supplement, TimeProvider time)
    {
        (_network, _supplement, _time) = (network, supplement, time);
        // Grows over restarts too, as the agents expect, without being kept anywhere.
        _revision = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        network.Changed += Signal;
        supplement.Changed += Signal;
    }

    public async IAsyncEnumerable<NodeState> FollowAsync(string node, [EnumeratorCancellation] CancellationToken ct)
    {
        NodeState? sent = null;
        while (true)
        {
            // Taken before reading: a change that comes while the state is composed is not missed.
            var changed = _changed.Task;
            if (Compose(node) is { } state && !Same(state, sent))
            {
                state.Revision = (ulong)Interlocked.Increment(ref _revision);
                sent = state;
                yield return state;
            }
            await changed.WaitAsync(ct);
            await Task.Delay(Settle, _time, ct);
        }
    }

    /// <summary>Without a revision; null: not yet known.</summary>
    public NodeState? Compose(string node) => _supplement.For(node) is { } supplement ? _network.Compose(node, supplement) : null;

    private static bool Same(NodeState state, NodeState? sent)
    {
        if (sent is null) return false;
        state.Revision = sent.Revision;
        return state.Equals(sent);
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    /// <summary>Continuations run elsewhere: whoever changes the network must not compose states.</summary>
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
