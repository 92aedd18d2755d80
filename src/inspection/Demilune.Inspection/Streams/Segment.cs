using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Streams;

/// <summary>A segment with its options read, and when it came.</summary>
internal readonly ref struct Segment
{
    public Segment(TcpView tcp, long now)
    {
        (Number, Acknowledgment, Window, Flags, Urgent) = (tcp.Sequence, tcp.Acknowledgment, tcp.Window, tcp.Flags, tcp.Urgent);
        Payload = tcp.Payload;
        (Options, Seconds) = (tcp.ReadOptions(), now / 1_000_000_000);
    }

    public uint Number { get; }
    public uint Acknowledgment { get; }
    public uint Window { get; }
    public TcpFlags Flags { get; }
    public ushort Urgent { get; }
    public TcpOptions Options { get; }
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>When it came, since 1970.</summary>
    public long Seconds { get; }

    /// <summary>The number behind its last byte.</summary>
    public uint End => Number + (uint)Payload.Length;

    public bool HasAck => (Flags & TcpFlags.Ack) != 0;

    public bool Has(TcpFlags flags) => (Flags & flags) != 0;

    /// <summary>An acknowledgment and nothing else that moves a connection.</summary>
    public bool IsPlainAck => (Flags & (TcpFlags.Ack | TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst)) == TcpFlags.Ack;
}
