using System.Text;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Streams;

namespace Demilune.Inspection.Tests.Streams;

public sealed class OverlapTests
{
    /// <summary>A held segment at 4..8 ("EVIL"), and a new one over it: what the receiver's system reads at 4..8.</summary>
    [Theory]
    [InlineData(OverlapPolicy.First, 4, "GOOD", "EVIL")]
    [InlineData(OverlapPolicy.Last, 4, "GOOD", "GOOD")]
    [InlineData(OverlapPolicy.Bsd, 4, "GOOD", "EVIL")]
    [InlineData(OverlapPolicy.Windows, 4, "GOOD", "EVIL")]
    [InlineData(OverlapPolicy.OldLinux, 4, "GOOD", "GOOD")]
    [InlineData(OverlapPolicy.Linux, 4, "GOOD", "EVIL")]
    [InlineData(OverlapPolicy.Linux, 4, "GOODx", "GOOD")]
    [InlineData(OverlapPolicy.Solaris, 4, "GOOD", "GOOD")]
    [InlineData(OverlapPolicy.Vista, 2, "xxGOODxx", "EVIL")]
    [InlineData(OverlapPolicy.Bsd, 2, "xxGOODxx", "GOOD")]
    [InlineData(OverlapPolicy.HpUx11, 2, "xxGO", "EVIL")]
    [InlineData(OverlapPolicy.Solaris, 6, "ODxx", "EVOD")]
    [InlineData(OverlapPolicy.Bsd, 6, "ODxx", "EVIL")]
    public void A_receivers_system_decides_which_copy_of_a_byte_it_reads(OverlapPolicy policy, int start, string segment, string read)
    {
        var bytes = new SparseBytes(new SegmentPool(1 << 20));
        Assert.True(bytes.TryInsert(4, "EVIL"u8, policy, out _));
        Assert.True(bytes.TryInsert(start, Encoding.ASCII.GetBytes(segment), policy, out var differs));
        Assert.True(differs);
        Assert.Equal(read, Encoding.ASCII.GetString(bytes.From(4, out _)[..4]));
    }

    [Fact]
    public void Bytes_behind_a_hole_wait_until_it_is_filled()
    {
        var bytes = new SparseBytes(new SegmentPool(1 << 20));
        bytes.TryInsert(3, "def"u8, OverlapPolicy.Bsd, out _);
        Assert.True(bytes.From(0, out var next).IsEmpty);
        Assert.Equal(3, next);
        bytes.TryInsert(0, "abc"u8, OverlapPolicy.Bsd, out var differs);
        Assert.False(differs);
        Assert.Equal("abcdef", Encoding.ASCII.GetString(bytes.From(0, out _)));
        bytes.ReleaseBefore(4);
        Assert.Equal("ef", Encoding.ASCII.GetString(bytes.From(4, out _)));
    }

    [Fact]
    public void What_lies_too_far_ahead_is_refused_and_what_is_given_back_is_counted()
    {
        var pool = new SegmentPool(16 << 20);
        var bytes = new SparseBytes(pool);
        Assert.False(bytes.TryInsert(SparseBytes.MaxSpan, "x"u8, OverlapPolicy.Bsd, out _));
        Assert.True(bytes.TryInsert(0, "x"u8, OverlapPolicy.Bsd, out _));
        Assert.True(pool.Rented > 0);
        bytes.Clear();
        Assert.Equal(0, pool.Rented);
    }
}
