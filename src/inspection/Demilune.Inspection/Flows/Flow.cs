using Demilune.Inspection.Detection;
using Demilune.Inspection.Files;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Streams;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Flows;

/// <summary>Everything known of one flow. The objects are used again for other flows.</summary>
internal sealed class Flow
{
    public FlowKey Key { get; set; }
    public ulong Id { get; set; }

    /// <summary>The set of rules it began with.</summary>
    public InspectionPolicy Policy { get; set; } = null!;
    public int Network { get; set; }
    public int Tag { get; set; }
    public int Epoch { get; set; }
    public IpAddress Client { get; set; }
    public IpAddress Server { get; set; }
    public ushort ClientPort { get; set; }
    public ushort ServerPort { get; set; }
    public byte Protocol { get; set; }
    public Vlans Vlans { get; set; }

    /// <summary>Tunnels around it.</summary>
    public int Depth { get; set; }

    /// <summary>ICMP: type and code of the first message, and of the last that was answered with.</summary>
    public (byte Type, byte Code) Icmp { get; set; }
    public (byte Type, byte Code) IcmpAnswer { get; set; }

    /// <summary>The Ethernet addresses that it was seen with, where they are kept.</summary>
    public EthernetEnds? Ethernet { get; set; }
    public long Started { get; set; }
    public long LastSeen { get; set; }
    public FlowPhase Phase { get; set; }
    public TcpState TcpState { get; set; }

    /// <summary>A SYN with other numbers came into this live connection; if the server takes it, the flow begins anew.</summary>
    public uint? RivalSyn { get; set; }

    /// <summary>Nothing goes through any more.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>A rule has dropped it, and nothing is dropped: it goes on, and no rule is asked any more (captures).</summary>
    public bool IsRefused { get; set; }

    /// <summary>Nothing is looked at any more.</summary>
    public bool IsReleased { get; set; }

    /// <summary>No rule applies any more.</summary>
    public bool IsPassed
    {
        get => Passed == uint.MaxValue;
        set => Passed = value ? uint.MaxValue : 0;
    }

    /// <summary>A bit for each of the policies that judge: a pass rule of it matched, and none of its rules applies any more. All bits: none of anybody.</summary>
    public uint Passed { get; private set; }

    /// <summary>A bit for each of the policies that judge: it has blocked something, or would have if it prevented.</summary>
    public uint Opposed { get; set; }

    /// <summary>Packets are judged one by one; nobody follows its streams.</summary>
    public bool IsUntracked { get; set; }
    public bool HasAlerted { get; set; }

    /// <summary>The server has answered.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>By <see cref="Side"/>.</summary>
    public TcpSide[] Sides { get; } = [new(), new()];

    /// <summary>How its connection stands where it is followed as Suricata does (captures); null otherwise.</summary>
    public TcpConnection? Connection { get; set; }

    /// <summary>Matches that wait for the next packet of their side, by <see cref="Side"/> (captures).</summary>
    public BothSides<List<QueuedAlert>?> Waiting;

    /// <summary>Files that wait for the next packet of the side that sent them (captures).</summary>
    public BothSides<List<QueuedFile>?> Files;

    /// <summary>Files that are going by (captures); null: none has yet.</summary>
    public List<TrackedFile>? OpenFiles { get; set; }

    /// <summary>By <see cref="Side"/>: a packet was dropped, and told of.</summary>
    public BothSides<bool> DropsTold;

    /// <summary>Why its packets are recorded; null: they are not.</summary>
    public List<Tags.Tag>? Tags { get; set; }

    /// <summary>By <see cref="Side"/>: what its stream is about (captures).</summary>
    public BothSides<KeptTransaction?> Guesses;

    /// <summary>By <see cref="Side"/>: packets and their bytes sent.</summary>
    public BothSides<long> Packets;
    public BothSides<long> Bytes;

    /// <summary>Transactions that a rule wants no record of; null: none.</summary>
    private HashSet<int>? _muted;

    /// <summary>More than are open at a time: old ones have been told, or not, long ago.</summary>
    private const int MaxMuted = 1024;

    public void Mute(int transaction)
    {
        _muted ??= [];
        if (_muted.Count >= MaxMuted) _muted.Clear();
        _muted.Add(transaction);
    }

    /// <param name="transaction">Its number; -1: the flow is but one.</param>
    public bool IsMuted(int transaction) => _muted is not null && (transaction < 0 ? _muted.Count > 0 : _muted.Contains(transaction));

    /// <summary>A rule wants every further file of these directions kept.</summary>
    public Demilune.Rules.Headers.FlowDirections WantedFiles { get; set; }

    /// <summary>By <see cref="Side"/>: the least and the greatest TTL of its packets.</summary>
    public BothSides<(byte Least, byte Most)> Ttl;

    /// <summary>By <see cref="Side"/>: frames that somebody wanted to hear of.</summary>
    public long[] Frames { get; } = new long[2];

    public ulong[] Flowbits { get; set; } = [];

    /// <summary>Counters and texts that rules keep of it; null: none yet.</summary>
    public FlowMemory? Memory { get; set; }

    /// <summary>What looks at the streams; null when nothing has to.</summary>
    public StreamSession? Session { get; set; }

    /// <summary>Neighbours in the table's list of the same phase, oldest first.</summary>
    internal Flow? Older { get; set; }
    internal Flow? Newer { get; set; }

    public TcpSide this[Side side] => Sides[(int)side];

    /// <summary>One of the policies that judge has let it pass.</summary>
    public void Pass(int member)
    {
        Passed |= 1u << member;
        if (Passed == (1u << Policy.Count) - 1) Passed = uint.MaxValue;
    }

    /// <summary>Who was taken for the client turns out to be the server.</summary>
    public void Reverse()
    {
        (Client, Server, ClientPort, ServerPort) = (Server, Client, ServerPort, ClientPort);
        (Packets[0], Packets[1], Bytes[0], Bytes[1], Ttl[0], Ttl[1]) = (Packets[1], Packets[0], Bytes[1], Bytes[0], Ttl[1], Ttl[0]);
        (Waiting[0], Waiting[1], Files[0], Files[1]) = (Waiting[1], Waiting[0], Files[1], Files[0]);
        (Guesses[0], Guesses[1], DropsTold[0], DropsTold[1], Frames[0], Frames[1]) = (Guesses[1], Guesses[0], DropsTold[1], DropsTold[0], Frames[1], Frames[0]);
        IsAnswered = Packets[1] > 0;
    }

    public void Clear(SegmentPool pool)
    {
        Connection?.Clear();
        foreach (var waiting in Waiting) waiting?.Clear();
        foreach (var files in Files) files?.Clear();
        OpenFiles?.Clear();
        (Guesses, DropsTold, Packets, Bytes, Ttl) = (default, default, default, default, default);
        Tags = null;
        foreach (var side in Sides) side.Clear(pool);
        Array.Clear(Flowbits);
        TcpState = TcpState.New;
        RivalSyn = null;
        Ethernet?.Clear();
        (Icmp, IcmpAnswer) = (default, default);
        (Memory, _muted) = (null, null);
        Array.Clear(Frames);
        WantedFiles = default;
        Opposed = 0;
        IsBlocked = IsRefused = IsReleased = IsPassed = IsUntracked = HasAlerted = IsAnswered = false;
    }
}
