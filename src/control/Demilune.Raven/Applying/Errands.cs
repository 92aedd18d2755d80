using System.Collections.Concurrent;
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
#pragma warning disable CA1001 // semaphores hold nothing as long as nobody takes their wait handles
internal sealed class Errands
#pragma warning restore CA1001
{
    /// <summary>Ports in one request: with two seconds for each, all of it is done before a client gives up.</summary>
    private const int MostTogether = 25;

    /// <summary>Requests at once that make, and that delete: those who wait for a port do not wait for those who leave.</summary>
    private const int MostMaking = 8, MostDeleting = 4;

    private readonly SemaphoreSlim _making = new(MostMaking), _deleting = new(MostDeleting);
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
        var slots = batch[0] is Create ? _making : _deleting;
        // As many requests as may be under way, and only then more in each: what is made for somebody is made sooner so.
        var size = batch[0] is Create ? Math.Clamp((batch.Count + MostMaking - 1) / MostMaking, 1, MostTogether) : 1;
        foreach (var operation in batch) _keys[operation.Key] = _keys.GetValueOrDefault(operation.Key) + 1;
        _tasks.RemoveAll(task => task.IsCompleted);
        foreach (var some in batch.Chunk(size)) _tasks.Add(RunAsync(some, slots, request));
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

    private async Task RunAsync(IReadOnlyList<Operation> operations, SemaphoreSlim slots, Func<IReadOnlyList<Operation>, Task<IReadOnlyList<Done>>> request)
    {
        await slots.WaitAsync();
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
            slots.Release();
        }
        Back?.Invoke();
    }
}
