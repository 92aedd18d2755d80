using CsCheck;
using Demilune.Firewall.Events;

namespace Demilune.Firewall.Tests.Events;

public sealed class LineRingTests
{
    [Fact]
    public void What_is_written_is_read_in_order_or_counted_as_lost() =>
        Gen.Select(Gen.Int[0, 90].Array[1, 300], Gen.Bool.Array[300]).Sample((lengths, reads) =>
        {
            var ring = new LineRing(256);
            var expected = new Queue<byte[]>();
            var lost = 0;
            for (var i = 0; i < lengths.Length; i++)
            {
                var line = Enumerable.Range(0, lengths[i]).Select(j => (byte)(i + j)).ToArray();
                if (ring.TryWrite(line)) expected.Enqueue(line);
                else lost++;
                if (reads[i]) ReadOne();
            }
            while (expected.Count > 0) ReadOne();
            Assert.False(ring.TryPeek(out _));
            Assert.Equal(lost, ring.Lost);

            void ReadOne()
            {
                var some = ring.TryPeek(out var line);
                Assert.Equal(expected.Count > 0, some);
                if (!some) return;
                Assert.Equal(expected.Dequeue(), line.ToArray());
                ring.Release();
            }
        });

    [Fact]
    public void A_line_larger_than_the_block_is_lost_and_nothing_else_is()
    {
        var ring = new LineRing(64);
        Assert.False(ring.TryWrite(new byte[61]));
        Assert.True(ring.TryWrite(new byte[60]));
        Assert.False(ring.TryWrite([]));
        Assert.Equal(2, ring.Lost);
    }

    [Fact]
    public async Task Two_threads_lose_nothing_that_was_accepted()
    {
        var ring = new LineRing(4096);
        const int lines = 100_000;
        var reading = Task.Run(() =>
        {
            for (var next = 0; next < lines;)
            {
                if (!ring.TryPeek(out var line)) { Thread.Yield(); continue; }
                Assert.Equal(next++, BitConverter.ToInt32(line));
                Assert.True(line[4..].IndexOfAnyExcept((byte)next) < 0);
                ring.Release();
            }
        });
        Span<byte> written = new byte[64];
        for (var i = 0; i < lines; i++)
        {
            BitConverter.TryWriteBytes(written, i);
            written[4..].Fill((byte)(i + 1));
            while (!ring.TryWrite(written[..(4 + i % 60)])) Thread.Yield();
        }
        await reading.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var ring = new LineRing(1 << 16);
        var line = new byte[500];
        ring.TryWrite(line);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) ring.TryWrite(line);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
