using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Reassembly;

/// <summary>What is known of the bytes one end sends, and of what the other end takes.</summary>
internal sealed class TcpSide
{
    /// <summary>Bytes held of this direction.</summary>
    public SegmentStore Store { get; } = new();

    /// <summary>Its SYN, or the segment it was picked up with, was seen: the numbers below mean something.</summary>
    public bool IsKnown { get; set; }

    /// <summary>Its SYN was not seen.</summary>
    public bool IsPickedUp { get; set; }

    /// <summary>Number of its SYN.</summary>
    public uint Initial { get; set; }

    /// <summary>The next byte to be judged: everything before was, and was sent on.</summary>
    public uint Next { get; set; }

    /// <summary>End of the farthest byte that was sent on.</summary>
    public uint Sent { get; set; }

    /// <summary>Everything before was acknowledged by the other end.</summary>
    public uint Acknowledged { get; set; }

    /// <summary>The other end has never offered room past this number.</summary>
    public uint Limit { get; set; }

    /// <summary>The other end has spoken: <see cref="Acknowledged"/> and <see cref="Limit"/> mean something.</summary>
    public bool HasLimit { get; set; }

    /// <summary>The largest window that this end has offered, in bytes.</summary>
    public int Window { get; set; }

    /// <summary>Shift of the windows that this end offers (RFC 7323 §2.2); -1: no scaling.</summary>
    public int Scale { get; set; }

    /// <summary>This end's FIN was seen, as byte number <see cref="Fin"/>.</summary>
    public bool HasFin { get; set; }
    public uint Fin { get; set; }

    /// <summary>Everything up to its FIN was judged.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Both ends use timestamps, and this is the last one of this end's that the other took (RFC 7323 §5.3).</summary>
    public bool HasTimestamp { get; set; }
    public uint Timestamp { get; set; }

    /// <summary>Bytes judged.</summary>
    public long Judged { get; set; }

    public void Clear(SegmentPool pool)
    {
        Store.Clear(pool);
        IsKnown = IsPickedUp = HasLimit = HasFin = IsClosed = HasTimestamp = false;
        (Initial, Next, Sent, Acknowledged, Limit, Window, Scale, Fin, Timestamp, Judged) = (0, 0, 0, 0, 0, 0, -1, 0, 0, 0);
    }

    /// <summary>Starts counting: the first byte of the stream will be number <paramref name="first"/>.</summary>
    public void Begin(uint first, SegmentPool pool)
    {
        Store.Clear(pool);
        IsKnown = true;
        Initial = first - 1;
        Next = Sent = Acknowledged = first;
    }
}
