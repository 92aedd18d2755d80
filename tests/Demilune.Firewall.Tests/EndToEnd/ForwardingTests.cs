using System.Net.Sockets;
using System.Security.Cryptography;
using Demilune.Firewall.Packets;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>What the loop does to traffic between two real TCP stacks, with offloads at kernel defaults.</summary>
public sealed class ForwardingTests
{
    public ForwardingTests() => Assert.SkipWhen(Line.WhyNot is not null, Line.WhyNot ?? "");

    [Theory]
    [InlineData(true, AddressFamily.InterNetwork)]
    [InlineData(true, AddressFamily.InterNetworkV6)]
    [InlineData(false, AddressFamily.InterNetwork)]
    public async Task A_hundred_megabytes_arrive_intact(bool wrapped, AddressFamily family)
    {
        using var line = new Line(wrapped);
        using var loop = new RunningLoop(line, new PassThrough());
        var (sent, received) = await Transfer(line, family, 100 << 20);
        Assert.Equal(sent, received);
        // Whole super-frames crossed: else it had been 70,000 frames and more.
        Assert.True(loop.Counters.FramesIn < 20_000, $"{loop.Counters.FramesIn} frames");
        if (wrapped) Assert.Equal(0, loop.Counters.FramesForeign);
        else Assert.Equal(loop.Counters.FramesIn, loop.Counters.FramesForeign);
    }

    [Fact]
    public async Task Without_offloads_a_transfer_arrives_intact()
    {
        using var line = new Line();
        foreach (var (there, link) in (ValueTuple<Namespace, string>[])[(line.Client, "c"), (line.Server, "s")])
            Command.Run("ip", $"netns exec {there.Name} ethtool -K {link} tx off tso off gso off gro off");
        using var loop = new RunningLoop(line, new PassThrough());
        var (sent, received) = await Transfer(line, AddressFamily.InterNetwork, 10 << 20);
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Heartbeats_leave_by_both_interfaces_at_the_promised_rate_also_under_load()
    {
        using var line = new Line();
        using var loop = new RunningLoop(line, new PassThrough());
        using var client = new Heartbeats(line.Client, "c");
        using var server = new Heartbeats(line.Server, "s");
        await Transfer(line, AddressFamily.InterNetwork, 500 << 20);
        foreach (var seen in (Heartbeats[])[client, server])
        {
            var (count, longest, elapsed) = seen.Stop();
            // One in 20 ms is promised; how late a busy machine lets this thread and the listener run is told, not judged.
            TestContext.Current.TestOutputHelper?.WriteLine($"{count} heartbeats in {elapsed.TotalMilliseconds:F0} ms, at most {longest.TotalMilliseconds:F0} ms apart");
            Assert.True(count >= elapsed.TotalMilliseconds / 20 / 4, $"{count} heartbeats in {elapsed.TotalMilliseconds} ms");
        }
    }

    [Fact]
    public void A_forwarded_frame_is_the_same_frame()
    {
        using var line = new Line(wrapped: false);
        using var loop = new RunningLoop(line, new PassThrough());
        using var sending = line.Client.Inside(() => PacketSocket.Open("c"));
        using var receiving = line.Server.Inside(() => PacketSocket.Open("s"));
        using var queue = new TransmitQueue(sending);
        using var batch = new ReceiveBatch(receiving);
        var frame = new byte[900];
        RandomNumberGenerator.Fill(frame);
        (frame[0], frame[6], frame[12], frame[13]) = (2, 2, 0x88, 0xb6);
        for (var i = 0; i < 10_000; i++, Thread.Sleep(1))
        {
            // Again and again: the first may come before the other end listens.
            if (i % 100 == 0)
            {
                Assert.True(queue.TrySend(frame, tagControl: 0x2005));
                queue.Flush();
            }
            for (var j = batch.Fill() - 1; j >= 0; j--)
            {
                if (batch[j].Bytes[13] != 0xb6) continue;
                Assert.Equal(frame, batch[j].Bytes.ToArray());
                Assert.Equal(0x2005, batch[j].TagControl);
                return;
            }
        }
        Assert.Fail("the frame did not arrive");
    }

    private static async Task<(string Sent, string Received)> Transfer(Line line, AddressFamily family, int bytes)
    {
        using var listener = line.Listen(8080);
        using var client = line.NewClient(family);
        await client.ConnectAsync(family == AddressFamily.InterNetwork ? Line.ServerAddress : Line.ServerAddress6, 8080, Patience());
        using var server = await listener.AcceptTcpClientAsync(Patience());
        var receiving = Task.Run(() => SHA256.HashDataAsync(server.GetStream(), Patience()).AsTask());
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 20];
        for (var left = bytes; left > 0; left -= block.Length)
        {
            Random.Shared.NextBytes(block);
            sent.AppendData(block);
            await client.GetStream().WriteAsync(block, Patience());
        }
        client.Client.Shutdown(SocketShutdown.Send);
        return (Convert.ToHexString(sent.GetHashAndReset()), Convert.ToHexString(await receiving));
    }

    private static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
}
