using System.Collections.Concurrent;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>What an errand brought.</summary>
/// <param name="Operations">What it was for.</param>
/// <param name="Done">Null: it was lost on the way.</param>
internal sealed record Outcome(IReadOnlyList<Operation> Operations, IReadOnlyList<Done>? Done, Exception? Lost);

/// <summary>
/// Requests that the loop does not wait for: ports that are made and deleted, over which a cloud may take seconds each. They are under way beside the
/// loop, and it takes in what they brought when it comes round again.
/// </summary>
/// <remarks>Begun and taken in by a single owner.</remarks>
internal sealed class Errands
{
    /// <summary>
    /// A cloud whose only server has forty ports to make takes a minute over each request, also over that of a pod that waits: spares are asked for with
    /// restraint. Who waits for a port does not wait for those that leave.
    /// </summary>
    private readonly Lane _needed = new(8, 25), _spares = new(2, 10), _leaving = new(4, 1);
    private readonly ConcurrentQueue<Outcome> _outcomes = new();
    private readonly Dictionary<string, int> _keys = new(StringComparer.Ordinal);
    private readonly List<Task> _tasks = [];
    private volatile Exception? _lost;

    /// <summary>Something with this key is under way, or back and not taken in yet.</summary>
    public bool Has(string key) => _keys.ContainsKey(key);

    /// <inheritdoc cref="Has"/>
    public IEnumerable<string> Keys => _keys.Keys;

    /// <summary>Told, on any thread, when one is back.</summary>
    public Action? Back { get; set; }

    /// <param name="batch">All to be made, or all to be deleted.</param>
    public void Begin(IReadOnlyList<Operation> batch, Func<IReadOnlyList<Operation>, Task<IReadOnlyList<Done>>> request)
    {
        foreach (var operation in batch) _keys[operation.Key] = _keys.GetValueOrDefault(operation.Key) + 1;
        _tasks.RemoveAll(task => task.IsCompleted);
        foreach (var group in batch.GroupBy(LaneOf))
            foreach (var some in group.Chunk(group.Key.Size(group.Count()))) _tasks.Add(RunAsync(some, group.Key, request));
    }

    /// <summary>Waits until all are back.</summary>
    public Task FinishAsync() => Task.WhenAll(_tasks);

    /// <summary>What came back since the last time.</summary>
    public IEnumerable<Outcome> Take()
    {
        _lost = null;
        while (_outcomes.TryDequeue(out var outcome))
        {
            foreach (var operation in outcome.Operations)
                if (--_keys[operation.Key] == 0) _keys.Remove(operation.Key);
            yield return outcome;
        }
    }

    private Lane LaneOf(Operation operation)
    {
        if (operation is Delete) return _leaving;
        return Key.IsSpare(operation.Key) ? _spares : _needed;
    }

    private async Task RunAsync(IReadOnlyList<Operation> operations, Lane lane, Func<IReadOnlyList<Operation>, Task<IReadOnlyList<Done>>> request)
    {
        await lane.Slots.WaitAsync();
        try
        {
            // Where nobody answered the one, the next is not asked for.
            _outcomes.Enqueue(_lost is { } before ? new(operations, null, before) : new(operations, await request(operations), null));
        }
        catch (Exception lost)
        {
            // Not swallowed: whoever takes it in throws it.
            _lost = lost;
            _outcomes.Enqueue(new(operations, null, lost));
        }
        finally
        {
            lane.Slots.Release();
        }
        Back?.Invoke();
    }

    /// <param name="Together">Requests at once.</param>
    /// <param name="Most">Ports in one request: with two seconds for each, all of it is done before a client gives up.</param>
    private sealed record Lane(int Together, int Most)
    {
        public SemaphoreSlim Slots { get; } = new(Together);

        /// <summary>As many requests as may be under way, and only then more in each: what is made for somebody is made sooner so.</summary>
        public int Size(int count) => Math.Clamp((count + Together - 1) / Together, 1, Most);
    }
}
