using System.Threading.Channels;
using Demilune.Kubernetes.Watching;

namespace Demilune.Kubernetes.Queue;

/// <summary>Keys to look at: each at most once in the queue, and never by two workers at a time.</summary>
/// <remarks>
/// A key added while a worker has it waits until that worker is done, then comes again: no change is lost, none is worked on
/// twice in parallel. A key that fails comes back later and later.
/// </remarks>
/// <param name="capacity">Distinct keys that may wait; a limit against an owner that invents keys. Default 100 000.</param>
public sealed class WorkQueue<TKey>(Backoff? backoff = null, int capacity = 100_000, TimeProvider? time = null)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Backoff _backoff = backoff ?? new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30));
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _working = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, DateTimeOffset> _delayed = [];
    private readonly Channel<bool> _signal = Channel.CreateUnbounded<bool>();

    /// <summary>Keys ready, being worked on, or delayed.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count + _working.Count + _delayed.Count;
        }
    }

    /// <returns>False if the queue is full: the owner has to look at everything once there is room.</returns>
    public bool Add(TKey key)
    {
        lock (_gate)
        {
            if (_waiting.Contains(key)) return true;
            if (_waiting.Count >= capacity) return false;
            _waiting.Add(key);
            _delayed.Remove(key);
            if (_working.Contains(key)) return true;
            _ready.Enqueue(key);
        }
        _signal.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Adds the key after a while; of several the earliest counts. An <see cref="Add"/> in between overtakes it.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        var due = _time.GetUtcNow() + delay;
        lock (_gate)
        {
            if (_waiting.Contains(key) || (_delayed.TryGetValue(key, out var earlier) && earlier <= due)) return;
            if (_delayed.Count >= capacity && !_delayed.ContainsKey(key)) return;
            _delayed[key] = due;
        }
        _ = AddWhenDueAsync(key, due, delay);
    }

    /// <summary>Waits for a key, hands it to <paramref name="work"/>, and retries it by backoff if that throws.</summary>
    /// <param name="failed">Told of each failure and of the pause that follows.</param>
    public async Task RunAsync(
        Func<TKey, CancellationToken, Task> work, Action<TKey, Exception, TimeSpan> failed, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            TKey key;
            try
            {
                key = await TakeAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await work(key, cancel);
                lock (_gate) _failures.Remove(key);
                Done(key);
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                Done(key);
                return;
            }
            catch (Exception failure)
            {
                int count;
                lock (_gate) _failures[key] = count = _failures.GetValueOrDefault(key) + 1;
                var pause = _backoff.After(count);
                failed(key, failure, pause);
                Done(key);
                AddAfter(key, pause);
            }
        }
    }

    private async Task<TKey> TakeAsync(CancellationToken cancel)
    {
        await _signal.Reader.ReadAsync(cancel);
        lock (_gate)
        {
            var key = _ready.Dequeue();
            _waiting.Remove(key);
            _working.Add(key);
            return key;
        }
    }

    private void Done(TKey key)
    {
        lock (_gate)
        {
            _working.Remove(key);
            if (!_waiting.Contains(key)) return;
            _ready.Enqueue(key);
        }
        _signal.Writer.TryWrite(true);
    }

    private async Task AddWhenDueAsync(TKey key, DateTimeOffset due, TimeSpan delay)
    {
        await Task.Delay(delay, _time);
        lock (_gate)
        {
            // Overtaken by an Add, or replaced by an earlier AddAfter.
            if (!_delayed.TryGetValue(key, out var current) || current != due) return;
            _delayed.Remove(key);
        }
        Add(key);
    }
}
