using Demilune.Kubernetes.Queue;
using Demilune.Kubernetes.Watching;

namespace Demilune.Kubernetes.Tests.Queue;

public sealed class WorkQueueTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_key_added_many_times_is_worked_on_once()
    {
        var queue = new WorkQueue<string>();
        for (var i = 0; i < 100; i++) queue.Add("a");
        queue.Add("b");
        var worked = new List<string>();
        _ = queue.RunAsync((key, _) => { worked.Add(key); return Task.CompletedTask; }, (_, _, _) => { }, _stop.Token);
        await Eventually.TrueAsync(() => queue.Count == 0, "an empty queue");
        Assert.Equal(["a", "b"], worked);
    }

    [Fact]
    public async Task A_key_added_while_it_is_worked_on_comes_again_and_never_in_parallel()
    {
        var queue = new WorkQueue<string>();
        var (runs, parallel, most) = (0, 0, 0);
        async Task Work(string key, CancellationToken cancel)
        {
            most = Math.Max(most, Interlocked.Increment(ref parallel));
            if (Interlocked.Increment(ref runs) == 1) queue.Add(key);
            await Task.Delay(20, cancel);
            Interlocked.Decrement(ref parallel);
        }
        queue.Add("a");
        for (var i = 0; i < 4; i++) _ = queue.RunAsync(Work, (_, _, _) => { }, _stop.Token);
        await Eventually.TrueAsync(() => runs == 2 && queue.Count == 0, "two runs");
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_key_that_fails_comes_back_later_and_does_not_stop_others()
    {
        var queue = new WorkQueue<string>(new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)));
        var pauses = new List<TimeSpan>();
        var (tries, others) = (0, 0);
        Task Work(string key, CancellationToken cancel)
        {
            if (key == "good") others++;
            else if (++tries < 5) throw new InvalidOperationException("not yet");
            return Task.CompletedTask;
        }
        queue.Add("bad");
        queue.Add("good");
        _ = queue.RunAsync(Work, (_, _, pause) => pauses.Add(pause), _stop.Token);
        await Eventually.TrueAsync(() => tries == 5 && queue.Count == 0, "success at the fifth try");
        Assert.Equal(1, others);
        Assert.Equal(4, pauses.Count);
        Assert.True(pauses[3] >= pauses[0] * 2, "the pauses grow");     // 80..160 ms after 10..20 ms
    }

    [Fact]
    public async Task A_delayed_key_waits_and_an_earlier_wish_wins()
    {
        var queue = new WorkQueue<string>();
        var worked = 0;
        queue.AddAfter("a", TimeSpan.FromHours(1));
        queue.AddAfter("a", TimeSpan.FromMilliseconds(20));
        _ = queue.RunAsync((_, _) => { worked++; return Task.CompletedTask; }, (_, _, _) => { }, _stop.Token);
        await Eventually.TrueAsync(() => worked == 1 && queue.Count == 0, "one run");
    }

    [Fact]
    public void A_full_queue_says_so()
    {
        var queue = new WorkQueue<int>(capacity: 2);
        Assert.True(queue.Add(1));
        Assert.True(queue.Add(2));
        Assert.True(queue.Add(2));
        Assert.False(queue.Add(3));
    }
}
