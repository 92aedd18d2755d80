using Demilune.Inspection.Reassembly;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Streams;

/// <summary>One end of a connection: the bytes it sends, and how much of them the other end has taken and will take.</summary>
internal sealed class TcpEndpoint(SegmentPool pool)
{
    public SparseBytes Bytes { get; } = new(pool);

    /// <summary>Number of its SYN; its first byte has the next one.</summary>
    public uint Initial { get; set; }

    /// <summary>The number it will use next.</summary>
    public uint Next { get; set; }

    /// <summary>The other end has everything before.</summary>
    public uint Acknowledged { get; set; }

    /// <summary>Room that the other end offers it, and the shift with which that is said.</summary>
    public uint Window { get; set; }
    public int Scale { get; set; }

    /// <summary>The farthest number it was ever given room for.</summary>
    public uint Limit { get; set; }

    /// <summary>Its last timestamp that was taken, and when (seconds).</summary>
    public uint Timestamp { get; set; }
    public long TimestampSeen { get; set; }
    public bool HasZeroTimestamp { get; set; }
    public bool OffersTimestamps { get; set; }

    /// <summary>The other end has reset it.</summary>
    public bool WasReset { get; set; }

    /// <summary>It asked whether the other is still there.</summary>
    public bool AsksAlive { get; set; }

    /// <summary>It probed a closed window with a byte.</summary>
    public bool ProbesWindow { get; set; }

    /// <summary>All flags of its segments.</summary>
    public TcpFlags Flags { get; set; }

    /// <summary>What the system that takes its bytes does with overlaps.</summary>
    public OverlapPolicy Policy { get; set; }

    /// <summary>Handed to the session, and looked at by stream rules: places in the stream from 0.</summary>
    public long Delivered { get; set; }
    public long Inspected { get; set; }

    /// <summary>Stream rules are to look although little has come: a message is complete.</summary>
    public bool InspectsNow { get; set; }

    /// <summary>It has sent as much as is followed.</summary>
    public bool IsDeep { get; set; }
    public bool IsClosed { get; set; }

    /// <summary>Bytes of it were never seen.</summary>
    public bool HasGap { get; set; }

    /// <summary>Bytes that were out of band: numbers that are no places.</summary>
    public uint Urgent { get; private set; }

    /// <summary>The number behind the last of them.</summary>
    private uint _urgentEnd;

    /// <summary>The byte before this number is out of band.</summary>
    /// <returns>False: that is known.</returns>
    public bool TrySetUrgent(uint end)
    {
        if (Urgent > 0 && !Sequence.IsAfter(end, _urgentEnd)) return false;
        (Urgent, _urgentEnd) = (Urgent + 1, end);
        return true;
    }

    /// <summary>Numbers that it has used, its SYN's included (<c>stream_size</c>).</summary>
    public uint Size => Next - Initial;

    /// <summary>The place of a number. Numbers wrap; places do not.</summary>
    public long PlaceOf(uint number)
    {
        var near = Bytes.Start;
        return near + Sequence.Distance(number - Urgent, Initial + 1 + (uint)near);
    }

    /// <summary>Behind the last byte that the other end has.</summary>
    public long AcknowledgedPlace => Math.Max(Bytes.Start, PlaceOf(Acknowledged));

    public void Clear()
    {
        Bytes.Clear();
        (Initial, Next, Acknowledged, Window, Scale, Limit, Timestamp, TimestampSeen, Urgent) = (0, 0, 0, 0, 0, 0, 0, 0, 0);
        HasZeroTimestamp = OffersTimestamps = WasReset = AsksAlive = ProbesWindow = InspectsNow = IsDeep = IsClosed = HasGap = false;
        (Flags, Policy, Delivered, Inspected) = (TcpFlags.None, OverlapPolicy.Bsd, 0, 0);
    }
}
