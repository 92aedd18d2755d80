using System.Buffers.Binary;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Linux.PacketIo;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>The smallest firewall: what enters "in" leaves by "out" and the other way, with heartbeats, and with whatever a test wants.</summary>
internal sealed class LabFirewall : IDisposable
{
    public const int HeartbeatMs = 10;
    private readonly PacketSocket _in, _out;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public LabFirewall(Lab lab, uint deadlineMs = 1000)
    {
        Pod = lab.AddFirewallPod();
        Pair = new PortPair { Id = "pair-" + Pod.Ports[0].Id, Ingress = Pod.Ports[0].Id, Egress = Pod.Ports[1].Id };
        Row = new Firewall { PortPairId = Pair.Id, Engine = "demilune", HeartbeatDeadlineMs = deadlineMs, Name = "default", PodName = "fw" };
        lab.State.Firewalls.Add(Row);
        (_in, _out) = Pod.Netns.Run(() => (PacketSocket.Open("in"), PacketSocket.Open("out")));
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public LabPod Pod { get; }
    public PortPair Pair { get; }
    public Firewall Row { get; }

    /// <summary>Neither heartbeats nor frames: as a hung or killed engine.</summary>
    public volatile bool Silent;
    public volatile uint Instance = 1;
    /// <summary>As another vendor's engine with a prober beside it: it sends probes and forwards whatever comes back.</summary>
    public volatile bool Probes;
    /// <summary>What enters "out" goes nowhere.</summary>
    public volatile bool StuckFromOut;
    /// <summary>Decides on each frame; null forwards all. Runs on the packet thread.</summary>
    public Action<Seen>? OnFrame { get; set; }
    public long LastBeat;
    public int LargestFrame;
    public long Frames;

    /// <param name="FromIn">It entered "in": the original direction.</param>
    internal sealed class Seen(byte[] bytes, int tag, bool fromIn)
    {
        public byte[] Bytes { get; } = bytes;
        public int Tag { get; } = tag;
        public bool FromIn { get; } = fromIn;
        public bool Drop { get; set; }
        public uint FlowId => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(2));
        public ushort Epoch => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(10));
        /// <summary>Frames to send besides: where from "in" (true) or "out", bytes, tag.</summary>
        public List<(bool ByIn, byte[] Bytes, ushort Tag)> Answers { get; } = [];
    }

    public static byte[] Verdict(uint flowId, ushort epoch, FlowVerdict verdict)
    {
        var frame = Control(ControlType.Verdict, flowId);
        frame[15] = (byte)verdict;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(22), epoch);
        return frame;
    }

    public void WaitAlive(Lab lab)
    {
        for (var i = 0; i < 400 && lab.Datapath.ReadFirewalls().FirstOrDefault(one => one.PortPairId == Pair.Id) is not { Alive: true }; i++) Thread.Sleep(10);
        Assert.True(lab.Datapath.ReadFirewalls().First(one => one.PortPairId == Pair.Id).Alive);
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _in.Dispose();
        _out.Dispose();
    }

    private static byte[] Control(ControlType type, uint flowId)
    {
        var frame = new byte[SpliceFrame.ControlLength];
        frame.AsSpan(0, 6).Fill(0xff);
        frame[6] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), SpliceFrame.ControlEtherType);
        frame[14] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(18), flowId);
        return frame;
    }

    private void Run()
    {
        using var fromIn = new ReceiveBatch(_in);
        using var fromOut = new ReceiveBatch(_out);
        using var toIn = new TransmitQueue(_in);
        using var toOut = new TransmitQueue(_out);
        try
        {
            while (!_stopping)
            {
                if (!Silent && Environment.TickCount64 - LastBeat >= HeartbeatMs)
                {
                    LastBeat = Environment.TickCount64;
                    var beat = Control(Probes ? ControlType.Probe : ControlType.Heartbeat, Instance);
                    toIn.TrySend(beat);
                    toOut.TrySend(beat);
                    toIn.Flush();
                    toOut.Flush();
                }
                Pass(fromIn, toIn, toOut, isIn: true);
                Pass(fromOut, toIn, toOut, isIn: false);
                PacketWait.Any(_in, _out, 2_000_000);
            }
        }
        catch (InterfaceGoneException)
        {
        }
    }

    private void Pass(ReceiveBatch batch, TransmitQueue toIn, TransmitQueue toOut, bool isIn)
    {
        batch.Fill();
        for (var i = 0; i < batch.Count; i++)
        {
            var frame = batch[i];
            Interlocked.Increment(ref Frames);
            if (frame.Bytes.Length > LargestFrame) LargestFrame = frame.Bytes.Length;
            if (Silent || (StuckFromOut && !isIn)) continue;
            if (OnFrame is { } decide)
            {
                var seen = new Seen(frame.Bytes.ToArray(), frame.Tag, isIn);
                decide(seen);
                foreach (var (byIn, bytes, tag) in seen.Answers) (byIn ? toIn : toOut).TrySend(bytes, tag);
                if (seen.Drop) continue;
            }
            (isIn ? toOut : toIn).Forward(frame);
        }
        toIn.Flush();
        toOut.Flush();
    }
}
