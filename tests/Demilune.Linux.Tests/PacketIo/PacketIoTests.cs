using System.Buffers.Binary;
using System.Diagnostics;
using Demilune.Linux.PacketIo;

namespace Demilune.Linux.Tests.PacketIo;

/// <summary>Frames on a real cable: sent at one end, received at the other.</summary>
public sealed class PacketIoTests : IDisposable
{
    private readonly VethPair _cable;
    private readonly PacketSocket _near;
    private readonly PacketSocket _far;
    private readonly TransmitQueue _out;
    private readonly ReceiveBatch _in;

    public PacketIoTests()
    {
        Assert.SkipWhen(VethPair.WhyNot is not null, VethPair.WhyNot ?? "");
        _cable = new();
        _near = PacketSocket.Open(_cable.Near);
        _far = PacketSocket.Open(_cable.Far);
        _out = new(_near);
        _in = new(_far);
    }

    public void Dispose()
    {
        _out?.Dispose();
        _in?.Dispose();
        _near?.Dispose();
        _far?.Dispose();
        _cable?.Dispose();
    }

    [Fact]
    public void A_frame_arrives_as_it_was_sent()
    {
        var frame = Frame(1514);
        Assert.True(_out.TrySend(frame));
        _out.Flush();
        Assert.Equal(1, Receive(_in));
        Assert.Equal(frame, _in[0].Bytes.ToArray());
        Assert.False(_in[0].HasTag);
        Assert.False(_in[0].IsChecksumPending);
        Assert.False(_in[0].IsSuperFrame);
    }

    [Fact]
    public void A_tag_is_received_beside_the_bytes()
    {
        var frame = Frame(100);
        Assert.True(_out.TrySend(frame, tagControl: 0x6fff));
        _out.Flush();
        Assert.Equal(1, Receive(_in));
        Assert.True(_in[0].HasTag);
        Assert.Equal(0x6fff, _in[0].TagControl);
        Assert.Equal(0xfff, _in[0].Tag);
        Assert.Equal(frame, _in[0].Bytes.ToArray());
    }

    [Fact]
    public void A_forwarded_frame_keeps_its_tag()
    {
        using var onward = new VethPair();
        using var leaving = PacketSocket.Open(onward.Near);
        using var arriving = PacketSocket.Open(onward.Far);
        using var queue = new TransmitQueue(leaving);
        using var batch = new ReceiveBatch(arriving);
        var frame = Frame(1500);
        Assert.True(_out.TrySend(frame, tagControl: 42));
        _out.Flush();
        Assert.Equal(1, Receive(_in));
        queue.Forward(_in[0]);
        queue.Flush();
        Assert.Equal(1, Receive(batch));
        Assert.Equal(42, batch[0].TagControl);
        Assert.Equal(frame, batch[0].Bytes.ToArray());
    }

    [Fact]
    public void The_order_of_forwarded_and_own_frames_is_kept()
    {
        for (var i = 0; i < 200; i++) Assert.True(_out.TrySend(Frame(60 + i)));
        _out.Flush();
        var seen = 0;
        while (seen < 200 && Receive(_in) > 0)
            for (var i = 0; i < _in.Count; i++, seen++)
                Assert.Equal(60 + seen, _in[i].Bytes.Length);
        Assert.Equal(200, seen);
        Assert.Equal(200, _out.Sent);
    }

    [Fact]
    public void What_we_send_ourselves_does_not_come_back()
    {
        using var own = new ReceiveBatch(_near);
        Assert.True(_out.TrySend(Frame(60)));
        _out.Flush();
        Assert.Equal(1, Receive(_in));
        Assert.Equal(0, own.Fill());
    }

    [Fact]
    public void A_frame_larger_than_a_slot_is_marked_truncated()
    {
        using var small = new ReceiveBatch(_far, count: 2, frameBytes: 128);
        Assert.True(_out.TrySend(Frame(500)));
        _out.Flush();
        Assert.Equal(1, Receive(small));
        Assert.True(small[0].IsTruncated);
        Assert.Equal(128, small[0].Bytes.Length);
    }

    [Fact]
    public void No_own_frame_is_too_large_or_too_small_without_saying_so()
    {
        Assert.False(_out.TrySend(new byte[13]));
        Assert.False(_out.TrySend(new byte[TransmitQueue.OwnFrameBytes + 1]));
    }

    [Fact]
    public void Waiting_ends_when_a_frame_arrives_and_not_before()
    {
        using var other = PacketSocket.Open(_cable.Near);
        var clock = Stopwatch.StartNew();
        Assert.Equal(Readable.None, PacketWait.Any(_far, other, timeoutNanos: 20_000_000));
        Assert.True(clock.ElapsedMilliseconds >= 19);
        Assert.True(_out.TrySend(Frame(60)));
        _out.Flush();
        Assert.Equal(Readable.First, PacketWait.Any(_far, other, timeoutNanos: 5_000_000_000));
        Assert.Equal(Readable.Second, PacketWait.Any(other, _far, timeoutNanos: 5_000_000_000));
    }

    [Fact]
    public void A_deleted_interface_is_an_error_that_names_it()
    {
        using var gone = new VethPair();
        using var socket = PacketSocket.Open(gone.Near);
        using var batch = new ReceiveBatch(socket);
        using var queue = new TransmitQueue(socket);
        VethPair.Ip($"link set {gone.Near} down");
        Assert.Equal(0, batch.Fill());
        Assert.True(queue.TrySend(Frame(60)));
        queue.Flush();
        Assert.Equal(1, queue.Refused);
        VethPair.Ip($"link set {gone.Near} up");
        gone.Delete();
        Assert.Contains(gone.Near, Assert.Throws<InterfaceGoneException>(() => batch.Fill()).Message, StringComparison.Ordinal);
        Assert.True(queue.TrySend(Frame(60)));
        Assert.Throws<InterfaceGoneException>(queue.Flush);
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_an_error_that_names_it() =>
        Assert.Contains("fw-nowhere", Assert.ThrowsAny<Exception>(() => PacketSocket.Open("fw-nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public void Receiving_and_sending_allocates_nothing()
    {
        var frame = Frame(1000);
        void Exchange()
        {
            for (var i = 0; i < 8; i++) _out.TrySend(frame, 42);
            _out.Flush();
            PacketWait.Any(_far, _near, 1_000_000_000);
            for (var left = 8; left > 0; left -= _in.Count)
                if (_in.Fill() > 0)
                    for (var i = 0; i < _in.Count; i++) Assert.False(_in[i].IsTruncated);
        }
        for (var i = 0; i < 100; i++) Exchange();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Exchange();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Receive(ReceiveBatch batch)
    {
        for (var i = 0; i < 5_000; i++)
        {
            if (batch.Fill() is > 0 and var count) return count;
            Thread.Sleep(1);
        }
        return 0;
    }

    /// <summary>Ethertype 88b6, the second local experimental one: no stack answers it.</summary>
    private static byte[] Frame(int length)
    {
        var frame = new byte[length];
        for (var i = 0; i < length; i++) frame[i] = (byte)(i * 7);
        frame[0] = 2;
        frame[6] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x88b6);
        return frame;
    }
}
