namespace Demilune.Controller.Events;

/// <summary>The newest events, as lines of JSON. Old ones make room; who follows and is slow misses some, and nobody waits for him.</summary>
/// <param name="maxItems">Lines kept.</param>
/// <param name="maxBytes">UTF-16 code units kept, times two.</param>
internal sealed class EventRing(int maxItems, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private TaskCompletionSource _added = NewSignal();
    private long _bytes;
    private long _end;

    /// <summary>Lines ever added.</summary>
    public long Total
    {
        get
        {
            lock (_gate) return _end;
        }
    }

    public void Add(IEnumerable<string> lines)
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            foreach (var line in lines)
            {
                _lines.Enqueue(line);
                _bytes += line.Length * 2L;
                _end++;
                while (_lines.Count > maxItems || _bytes > maxBytes) _bytes -= _lines.Dequeue().Length * 2L;
            }
            (added, _added) = (_added, NewSignal());
        }
        added.TrySetResult();
    }

    /// <summary>The newest lines, oldest first, and from where to go on.</summary>
    public (IReadOnlyList<string> Lines, long Next) Newest(int count)
    {
        lock (_gate) return (_lines.Skip(_lines.Count - Math.Min(count, _lines.Count)).ToList(), _end);
    }

    /// <summary>Waits for lines from <paramref name="position"/> on.</summary>
    public async Task<(IReadOnlyList<string> Lines, long Next)> AfterAsync(long position, CancellationToken ct)
    {
        while (true)
        {
            Task added;
            lock (_gate)
            {
                if (_end > position) return (_lines.Skip((int)Math.Max(0, _lines.Count - (_end - position))).ToList(), _end);
                added = _added.Task;
            }
            await added.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
