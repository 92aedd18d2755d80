using System.Diagnostics;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Limits of bandwidth, on bulk TCP between pods of one node: what the receiver gets, beside what it should.</summary>
public sealed class BandwidthTests : IDisposable
{
    private readonly Lab _lab = new();
    private readonly LabPod _sender, _receiver;

    public BandwidthTests()
    {
        _sender = _lab.Free(_lab.AddPod("10.9.0.1"));
        _receiver = _lab.Free(_lab.AddPod("10.9.0.2"));
        _lab.Group(_receiver, In(4));
    }

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(true, 8_000)]
    [InlineData(false, 8_000)]
    [InlineData(true, 100_000)]
    [InlineData(false, 100_000)]
    public void Tcp_gets_what_the_limit_says(bool ingress, ulong kilobits)
    {
        Bandwidth limit = new() { KilobitsPerSecond = kilobits };
        if (ingress) _receiver.Port.IngressLimit = limit;
        else _sender.Port.EgressLimit = limit;
        _lab.Apply();
        _lab.Limit(ingress ? _receiver : _sender);
        var ratio = Measure(TimeSpan.FromSeconds(2)) / kilobits;
        TestContext.Current.TestOutputHelper?.WriteLine($"{(ingress ? "ingress" : "egress")} {kilobits / 1000} Mbit/s: {ratio:f3} of it as TCP's payload");
        // Payload is 95.6 % of the frames. A loaded machine may not get so far; more than the limit must not pass on any.
        Assert.InRange(ratio, 0.5, 1.1);
    }

    [Fact]
    public void A_limit_that_is_taken_away_is_gone()
    {
        _receiver.Port.IngressLimit = new() { KilobitsPerSecond = 8_000 };
        _lab.Apply();
        _lab.Limit(_receiver);
        _receiver.Port.IngressLimit = null;
        _lab.Apply();
        _lab.Limit(_receiver);
        Assert.True(Measure(TimeSpan.FromSeconds(1)) > 16_000);
    }

    /// <summary>Kilobits a second that arrive, after a first moment in which the burst passes.</summary>
    private double Measure(TimeSpan duration)
    {
        using var listener = _receiver.Netns.Listen(_receiver.Address());
        using var sender = _sender.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(sender);
        using var receiver = listener.Accept();
        receiver.ReceiveTimeout = (int)Traffic.Patience.TotalMilliseconds;
        var sending = new Thread(() =>
        {
            var bytes = new byte[64 << 10];
            try
            {
                while (true) sender.Send(bytes);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The receiver has seen enough.
            }
        });
        sending.Start();
        var buffer = new byte[256 << 10];
        var (watch, counted, since) = (Stopwatch.StartNew(), 0L, TimeSpan.Zero);
        while (watch.Elapsed < duration + TimeSpan.FromMilliseconds(500))
        {
            var count = receiver.Receive(buffer);
            Assert.True(count > 0);
            if (since == TimeSpan.Zero && watch.ElapsedMilliseconds >= 500) since = watch.Elapsed;
            else if (since > TimeSpan.Zero) counted += count;
        }
        var took = watch.Elapsed - since;
        receiver.Close(0);
        sender.Close(0);
        sending.Join();
        return counted * 8 / 1000.0 / took.TotalSeconds;
    }
}
