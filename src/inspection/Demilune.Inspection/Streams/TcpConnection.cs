using Demilune.Inspection.Reassembly;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Streams;

/// <summary>What an observer knows of a connection.</summary>
internal sealed class TcpConnection(SegmentPool pool)
{
    private readonly TcpEndpoint[] _ends = [new(pool), new(pool)];

    public TcpEndpoint this[Side side] => _ends[(int)side];

    public TcpPhase Phase { get; private set; }

    /// <summary>The phase before this one: a reset may turn out to be a forgery.</summary>
    public TcpPhase Before { get; private set; }

    /// <summary>All flags of its segments since it is followed.</summary>
    public TcpFlags Flags { get; set; }

    public bool IsPickedUp { get; set; }

    /// <summary>… with the server's SYN, ACK.</summary>
    public bool IsPickedUpByAnswer { get; set; }

    /// <summary>… in the middle, and nothing of the server was seen yet.</summary>
    public bool AwaitsServer { get; set; }
    public bool IsOneSided { get; set; }
    public bool HasTimestamps { get; set; }
    public bool ScalesWindows { get; set; }
    public bool IsFastOpen { get; set; }

    /// <summary>The server did not take the data of a fast open.</summary>
    public bool IgnoredFastOpen { get; set; }

    /// <summary>Both ends sent a SYN.</summary>
    public bool IsFourWay { get; set; }
    public bool IsConfirmed { get; set; }
    public bool IsEvasive { get; set; }
    public bool WasReset { get; set; }

    /// <summary>Other SYNs, or answers to it, than the one that is believed.</summary>
    public List<QueuedHandshake> Queue { get; } = [];

    public void Enter(TcpPhase phase)
    {
        if (phase == Phase) return;
        (Before, Phase) = (Phase, phase);
    }

    public void Resume(TcpPhase phase) => Phase = phase;

    /// <summary>Who was taken for the client turns out to be the server.</summary>
    public void Reverse() => (_ends[0], _ends[1]) = (_ends[1], _ends[0]);

    public Side SideOf(TcpEndpoint end) => _ends[0] == end ? Side.Client : Side.Server;

    public void Clear()
    {
        foreach (var end in _ends) end.Clear();
        (Phase, Before, Flags) = (TcpPhase.None, TcpPhase.None, TcpFlags.None);
        IsPickedUp = IsPickedUpByAnswer = AwaitsServer = IsOneSided = HasTimestamps = ScalesWindows = IsFastOpen = IgnoredFastOpen = false;
        IsFourWay = IsConfirmed = IsEvasive = WasReset = false;
        Queue.Clear();
    }
}

/// <summary>A SYN or its answer, as far as it can be told from others.</summary>
internal readonly record struct QueuedHandshake(uint Sequence, uint Acknowledgment, uint Window, int Scale, uint? Timestamp, long Seconds);
