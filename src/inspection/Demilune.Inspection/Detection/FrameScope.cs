using System.Buffers.Binary;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Detection;

/// <summary>The frame at hand: what is known of it, and what has been decided about it so far. One object, used for every frame.</summary>
internal sealed class FrameScope
{
    private PacketFacts _facts;
    private long _files;
    private bool _wasEstablished;
    private AppProtocol? _carried;

    private readonly byte[] _source = new byte[16];
    private readonly byte[] _destination = new byte[16];

    /// <summary>Connections that others have announced.</summary>
    public Expectations Expectations { get; } = new();

    /// <summary>Files that come in parts (captures).</summary>
    public FileJoins Joins { get; } = new();

    public ref PacketFacts Facts => ref _facts;

    /// <summary>The addresses as on the wire.</summary>
    public ReadOnlySpan<byte> Source => Address(_facts.Source, _source);
    public ReadOnlySpan<byte> Destination => Address(_facts.Destination, _destination);
    public IEventSink Events { get; private set; } = null!;
    public long Now { get; private set; }

    /// <summary>The frame's number in a capture, or 0.</summary>
    public long Number { get; private set; }
    public Flow? Flow { get; private set; }
    public Side From { get; private set; }

    /// <summary>What we drop does not arrive, and the policy wants that; of several one of them.</summary>
    public bool Enforces { get; private set; }

    /// <summary>Who judges; null: the packet has come to nobody yet.</summary>
    public InspectionPolicy? Policy => Flow?.Policy ?? _policy;

    /// <summary>Likewise, what one of those that judge wants.</summary>
    public bool EnforcesFor(int member) => Enforces && Policy![member].Prevent;

    /// <summary>A bit for each of the policies that judge: a rule of it has blocked the flow with this frame.</summary>
    public uint Blockers { get; private set; }

    /// <summary>Nobody is told that the flow is blocked.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Set once: the flow is to be blocked.</summary>
    public DropReason Blocked { get; private set; }

    /// <summary>This frame alone is to be dropped.</summary>
    public DropReason Dropped { get; private set; }

    /// <summary>Goes to the client before a blocked connection ends; empty: a reset goes.</summary>
    public ReadOnlyMemory<byte> Answer { get; set; }

    /// <summary>The flow's policy, or one of several, allows but some things at layer 7.</summary>
    public bool HasAccess => Flow is { Policy.HasAccess: true };

    /// <summary>Nothing that follows in the flow has to be looked at.</summary>
    public bool Releases { get; set; }

    /// <summary>What was around the packet.</summary>
    public PacketOrigin Origin { get; private set; }

    /// <summary>The policy that judges a packet without a flow.</summary>
    private InspectionPolicy? _policy;

    /// <summary>The packet, where it is kept.</summary>
    private byte[] _packet = [];
    private int _packetLength;

    /// <summary>Another frame. What belongs to a packet is forgotten when its first one begins.</summary>
    public void BeginFrame(IEventSink events, long now, long number)
    {
        (Events, Now, Number, Flow) = (events, now, number, null);
        (Blocked, Dropped, Releases) = (DropReason.None, DropReason.None, false);
    }

    /// <summary>Another packet of the same frame.</summary>
    public void BeginPacket(in PacketOrigin origin)
    {
        Begin(Events, Now, Number);
        Origin = origin;
    }

    public void Keep(ReadOnlySpan<byte> packet)
    {
        if (_packet.Length < packet.Length) _packet = new byte[Math.Max(packet.Length, 4096)];
        packet.CopyTo(_packet);
        _packetLength = packet.Length;
    }

    /// <summary>Other payload for the packet, where it is kept.</summary>
    /// <param name="offset">Of the payload.</param>
    /// <param name="payload">As long as the former.</param>
    /// <param name="segment">Where TCP's header begins.</param>
    /// <param name="ip">Its addresses.</param>
    public void Rewrite(int offset, ReadOnlySpan<byte> payload, int segment, IpView ip)
    {
        if (_packetLength < offset + payload.Length) return;
        payload.CopyTo(_packet.AsSpan(offset));
        var tcp = _packet.AsSpan(segment, offset + payload.Length - segment);
        tcp[16..18].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], InternetChecksum.OfTransport(ip.Source, ip.Destination, IpProtocol.Tcp, tcp));
    }

    /// <summary>Of the packet from its IP header on; 0 where there is none.</summary>
    public int IpLength { get; set; }

    /// <summary>The first packet that this side of the flow sends.</summary>
    public bool IsFirstOfSide { get; set; }

    /// <summary>There is no packet: its flow has ended.</summary>
    public bool IsFlowEnd { get; set; }

    /// <summary>Texts that rules have captured of the packet.</summary>
    public IReadOnlyList<(int Name, byte[] Text)> PacketTexts { get; set; } = [];

    /// <summary>
    /// Captures: the parser stops here (both ends change the protocol, or encrypt). Suricata then makes packets of its own, in which it settles what is left,
    /// and records say so.
    /// </summary>
    public bool IsFlush { get; set; }

    /// <summary>The packet has brought its connection into another state.</summary>
    public bool IsStep { get; set; }

    /// <summary>A parser cannot read on in what this packet brought.</summary>
    public bool ParserFailed { get; set; }

    /// <summary>An exception policy has decided: no rule is asked.</summary>
    public bool SkipsRules { get; set; }

    public void Begin(IEventSink events, long now, long number = 0)
    {
        (_policy, _packetLength) = (null, 0);
        Origin = default;
        (IpLength, IsFirstOfSide, IsFlowEnd, IsFlush, SkipsRules, ParserFailed, IsStep, _wasEstablished) = (0, true, false, false, false, false, false, false);
        (Number, Events, Now, Flow, From, Enforces, Blocked, Releases) = (number, events, now, null, Side.Client, false, DropReason.None, false);
        (Dropped, Answer, Blockers, IsSilent) = (DropReason.None, default, 0, false);
        _facts = default;
        StreamEvents.Clear();
    }

    /// <summary>What is odd about the segment at hand, in order; rules ask, and records tell.</summary>
    public List<StreamEvent> StreamEvents { get; } = [];

    public void Raise(StreamEvent happened)
    {
        StreamEvents.Add(happened);
        _facts.StreamEvents |= Rules.Headers.StreamEvents.Bit(happened);
    }

    /// <summary>Back to the frame, after another flow had to be ended for it.</summary>
    public void Resume(in PacketFacts facts, in PacketOrigin origin, int packetLength, long number)
    {
        var length = IpLength;
        Begin(Events, Now, number);
        _facts = facts;
        Origin = origin;
        _packetLength = packetLength;
        IpLength = length;
    }

    /// <summary>Bytes kept of the packet: for <see cref="Resume"/>.</summary>
    public int PacketLength => _packetLength;

    /// <summary>The packet belongs to no flow.</summary>
    public void EnterAlone(InspectionPolicy policy, bool inline)
    {
        (_policy, Enforces) = (policy, inline && policy.Prevent);
        _facts.Stateless = true;
    }

    /// <summary>Who sent the packet at hand, whatever the scope faces.</summary>
    public Side PacketFrom { get; private set; }

    public void Enter(Flow flow, Side from, bool inline)
    {
        PacketFrom = from;
        (Flow, From, Enforces) = (flow, from, inline && flow.Policy.Prevent);
        _wasEstablished = flow.Connection is { Phase: >= Streams.TcpPhase.Established };
        Face(from);
    }

    /// <summary>Who was taken for the flow's client turns out to be its server.</summary>
    public void Reverse()
    {
        Flow!.Reverse();
        Flow.Connection?.Reverse();
        PacketFrom = PacketFrom.Other();
        Face(From.Other());
    }

    /// <summary>Turns the facts: what follows is about bytes that this side sent.</summary>
    public void Face(Side from)
    {
        From = from;
        if (Flow is not { } flow) return;
        var isClient = from == Side.Client;
        _facts.Direction = from.Direction();
        (_facts.Source, _facts.Destination) = isClient ? (flow.Client.Value, flow.Server.Value) : (flow.Server.Value, flow.Client.Value);
        (_facts.SourcePort, _facts.DestinationPort) = isClient ? (flow.ClientPort, flow.ServerPort) : (flow.ServerPort, flow.ClientPort);
        _facts.Established = flow.Connection is null ? flow.Phase == FlowPhase.Established || flow.IsAnswered : _wasEstablished;
        _facts.App = _carried ?? flow.Session?.App ?? AppProtocol.Unknown;
        _facts.FlowAge = Now / 1_000_000_000 - flow.Started / 1_000_000_000;
        if (flow.Connection is { } connection)
        {
            (_facts.ClientStreamBytes, _facts.ServerStreamBytes) = (connection[Side.Client].Size, connection[Side.Server].Size);
            return;
        }
        _facts.ClientStreamBytes = flow.Sides[0].Judged;
        _facts.ServerStreamBytes = flow.Sides[1].Judged;
    }

    /// <summary>What follows is a message of another protocol that the flow's own one carries; null: not any more.</summary>
    public void Carry(AppProtocol? app)
    {
        _carried = app;
        Face(From);
    }

    /// <summary>A number for a file that may be kept, from 1 on.</summary>
    public long NextFile() => ++_files;

    /// <summary>The connection counts as established with this very packet.</summary>
    public void Establish() => _facts.Established = _wasEstablished = true;

    public void Block(DropReason reason)
    {
        if (Blocked == DropReason.None) Blocked = reason;
    }

    /// <summary>One of the policies that judge blocks the flow.</summary>
    public void Block(DropReason reason, int member)
    {
        Blockers |= 1u << member;
        Block(reason);
    }

    public void Drop(DropReason reason) => Dropped = reason;

    private ReadOnlySpan<byte> Address(UInt128 address, byte[] room)
    {
        BinaryPrimitives.WriteUInt128BigEndian(room, address);
        return _facts.IsIpv6 ? room : room.AsSpan(12);
    }

    /// <summary>Both ends go on with another protocol: what this one's session tells from here on is told as that.</summary>
    /// <returns>True.</returns>
    public bool Flush(InspectorOptions options)
    {
        IsFlush = options.Streams is not null;
        return true;
    }

    /// <summary>Tells a protocol's record, from client to server, as Suricata has it, whoever sent the frame at hand.</summary>
    /// <param name="type">EVE's.</param>
    /// <param name="transaction">Its number; -1: it has none.</param>
    /// <param name="fields">What it says.</param>
    /// <param name="facing">Who is told to be its source, where that is not the client.</param>
    public void TellRecord(string type, int transaction, IRecordFields fields, Side facing = Side.Client)
    {
        var from = From;
        Face(facing);
        var context = Context();
        Events.Record(new(in context, type, transaction, fields));
        Face(from);
    }

    /// <summary>As events tell it.</summary>
    public FlowContext Context()
    {
        var isIcmp = _facts.IpProtocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        return new()
        {
            Time = Now,
            Frame = IsFlush ? 0 : Number,
            Id = Flow?.Id ?? 0,
            Network = Flow?.Network ?? 0,
            Policy = Policy,
            Speaker = Policy is { Count: 1 } only ? only[0] : null,
            Opposed = Flow?.Opposed ?? 0,
            Origin = Origin,
            Packet = _packet.AsMemory(0, _packetLength),
            Spi = _facts.IpProtocol == IpProtocol.Esp ? (uint)(_facts.SourcePort << 16 | _facts.DestinationPort) : 0,
            Tag = Flow?.Tag ?? 0,
            Source = new(_facts.Source),
            Destination = new(_facts.Destination),
            SourcePort = isIcmp ? _facts.IcmpType : _facts.SourcePort,
            DestinationPort = isIcmp ? _facts.IcmpCode : _facts.DestinationPort,
            Protocol = _facts.IpProtocol,
            Direction = _facts.Direction,
            IsFlowEnd = IsFlowEnd,
            IsFlush = IsFlush,
            Memory = Flow,
            PacketTexts = PacketTexts,
            App = Flow?.Session?.App ?? (Flow is not null && _facts.IpProtocol == IpProtocol.Udp ? AppProtocol.Failed : AppProtocol.Unknown),      // nothing was said at all
            Mismatch = Flow?.Session?.Mismatch ?? default,
            OriginalApp = Flow?.Session?.OriginalApp ?? AppProtocol.Unknown,
            Start = Flow?.Started ?? Now,
            PacketsToServer = Flow?.Packets[0] ?? 0,
            PacketsToClient = Flow?.Packets[1] ?? 0,
            BytesToServer = Flow?.Bytes[0] ?? 0,
            BytesToClient = Flow?.Bytes[1] ?? 0,
        };
    }
}
