namespace Demilune.Inspection.Flows;

/// <summary>The flows of one packet thread. Never holds more than it may, and never gives up an established flow for a new one.</summary>
/// <remarks>A list per phase, ordered by the last frame: the oldest of the cheapest phase is the one to go, and timeouts look only at the fronts.</remarks>
internal sealed class FlowTable(int maxFlows)
{
    private readonly Dictionary<FlowKey, Flow> _flows = new(Math.Min(maxFlows, 16_384));
    private readonly Stack<Flow> _spare = new();
    private readonly Flow?[] _oldest = new Flow?[4];
    private readonly Flow?[] _newest = new Flow?[4];

    public int Count => _flows.Count;

    public Flow? Find(in FlowKey key) => _flows.GetValueOrDefault(key);

    /// <summary>The flow that goes first when room is needed; null if nothing may go.</summary>
    public Flow? Candidate() => Oldest(FlowPhase.Closed) ?? Oldest(FlowPhase.Embryonic) ?? Oldest(FlowPhase.Datagram);

    public bool IsFull => _flows.Count >= maxFlows;

    /// <summary>A cleared flow under its key. There must be room.</summary>
    public Flow Add(in FlowKey key, FlowPhase phase, long now)
    {
        var flow = _spare.TryPop(out var spare) ? spare : new();
        flow.Key = key;
        flow.Started = now;
        flow.LastSeen = now;
        flow.Phase = phase;
        _flows.Add(key, flow);
        Append(flow);
        return flow;
    }

    /// <summary>Takes it out; the caller has cleared it.</summary>
    public void Remove(Flow flow)
    {
        _flows.Remove(flow.Key);
        Unlink(flow);
        _spare.Push(flow);
    }

    /// <summary>A frame came; perhaps the phase has changed.</summary>
    public void Touch(Flow flow, FlowPhase phase, long now)
    {
        flow.LastSeen = now;
        if (flow.Phase == phase && flow.Newer is null) return;
        Unlink(flow);
        flow.Phase = phase;
        Append(flow);
    }

    /// <summary>The flow of a phase that has been idle longest.</summary>
    public Flow? Oldest(FlowPhase phase) => _oldest[(int)phase];

    private void Append(Flow flow)
    {
        ref var newest = ref _newest[(int)flow.Phase];
        flow.Older = newest;
        flow.Newer = null;
        if (newest is null) _oldest[(int)flow.Phase] = flow;
        else newest.Newer = flow;
        newest = flow;
    }

    private void Unlink(Flow flow)
    {
        if (flow.Older is null) _oldest[(int)flow.Phase] = flow.Newer;
        else flow.Older.Newer = flow.Newer;
        if (flow.Newer is null) _newest[(int)flow.Phase] = flow.Older;
        else flow.Newer.Older = flow.Older;
        flow.Older = flow.Newer = null;
    }
}
