using Demilune.Controller.Events;

namespace Demilune.Controller.Tests.Events;

public sealed class EventRingTests
{
    [Fact]
    public void It_keeps_the_newest_within_both_limits()
    {
        var ring = new EventRing(maxItems: 3, maxBytes: 20);
        ring.Add(["a", "b", "c", "d"]);
        Assert.Equal(["b", "c", "d"], ring.Newest(10).Lines);
        Assert.Equal(["d"], ring.Newest(1).Lines);
        ring.Add(["123456789"]);
        Assert.Equal(["d", "123456789"], ring.Newest(10).Lines);
        ring.Add([new string('x', 100)]);
        Assert.Empty(ring.Newest(10).Lines);
        Assert.Equal(6, ring.Total);
    }

    [Fact]
    public async Task Who_follows_gets_everything_once_unless_he_is_slower_than_the_ring_is_long()
    {
        var ring = new EventRing(maxItems: 3, maxBytes: 1_000);
        ring.Add(["a"]);
        var (_, next) = ring.Newest(10);
        var waiting = ring.AfterAsync(next, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        ring.Add(["b"]);
        (var lines, next) = await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["b"], lines);
        ring.Add(["c", "d", "e", "f"]);
        Assert.Equal(["d", "e", "f"], (await ring.AfterAsync(next, CancellationToken.None)).Lines);
    }
}
