using Demilune.Inspection.Detection;
using Demilune.Inspection.Flows;
using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>
/// Follows connections of a capture as Suricata does: the same states, the same segments refused with the same events, and bytes handed on when
/// Suricata hands them on (with their acknowledgment; in the wire, at once). What nobody refuses is not thereby safe: the firewall itself judges by
/// <see cref="Reassembly.TcpReassembler"/>, which believes less.
/// </summary>
internal sealed partial class TcpTracker(StreamOptions options, FrameScope scope)
{
    /// <summary>The largest shift there is (RFC 7323 §2.3), for connections whose handshake was not seen.</summary>
    private const int MaxScale = 14;

    /// <summary>The bytes of the segment at hand belong to the stream.</summary>
    public bool IsAdded { get; private set; }

    /// <summary>Place of the segment's bytes, if they are to be replaced by those that came first; -1: they stay.</summary>
    public long Rewritten { get; private set; }

    /// <summary>No connection could be followed: what is to be done about it.</summary>
    public ExceptionPolicy Exception { get; private set; }

    /// <summary>It is to be dropped for its urgent flag.</summary>
    public bool DropsUrgent { get; private set; }

    /// <summary>A byte of it was out of band.</summary>
    public bool TakesUrgent { get; private set; }

    /// <summary>Takes a segment of a flow.</summary>
    /// <returns>False: it does not fit into its connection. Why is in the packet's stream events.</returns>
    public bool Accept(Flow flow, Side from, TcpView tcp)
    {
        (IsAdded, Rewritten, Exception, DropsUrgent, TakesUrgent) = (false, -1, ExceptionPolicy.Ignore, false, false);
        var segment = new Segment(tcp, scope.Now);
        var connection = flow.Connection!;
        if (connection.Phase != None) Remember(connection, from, in segment);
        if (!segment.HasAck && segment.Acknowledgment != 0) Raise(StreamEvent.PktBrokenAck);
        if (segment.Has(TcpFlags.Urg) && options.Urgent == UrgentPolicy.Drop && options.Inline)
        {
            DropsUrgent = true;
            return true;
        }
        if (connection.Phase == None) return Begin(flow, connection, from, in segment);
        var sender = connection[from];
        var fits = IsIdle(connection, from, in segment) || Dispatch(flow, connection, connection.Phase, from, in segment);
        if (fits) CheckForgedReset(connection, connection.SideOf(sender), in segment);
        return fits;
    }

    private static void Remember(TcpConnection connection, Side from, in Segment segment)
    {
        connection.Flags |= segment.Flags;
        connection[from].Flags |= segment.Flags;
        if (connection[Side.Client].Flags != 0 && connection[Side.Server].Flags != 0) connection.IsOneSided = false;
    }

    /// <summary>What says nothing new about the connection: probes and their answers, acknowledgments that came late.</summary>
    private bool IsIdle(TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isControl = segment.Has(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst);
        if (segment.Payload.Length <= 1 && !isControl && segment.Acknowledgment == receiver.Acknowledged && segment.Number == sender.Next - 1)
        {
            sender.AsksAlive = true;
            return true;
        }
        var window = segment.Window << receiver.Scale;
        if (segment.Payload.IsEmpty && !isControl && segment.Window != 0 && window == receiver.Window && receiver.AsksAlive
            && segment.Acknowledgment == receiver.Acknowledged && segment.Number == sender.Next)
        {
            receiver.AsksAlive = sender.AsksAlive = false;
            return true;
        }
        sender.AsksAlive = false;
        var answersProbe = receiver.ProbesWindow && connection.Phase >= Established && segment.Payload.IsEmpty && segment.IsPlainAck && window == 0
            && receiver.Window == 0 && segment.Number == sender.Next && segment.Acknowledgment == receiver.Acknowledged;
        receiver.ProbesWindow = false;
        if (answersProbe) return true;
        if (!IsLastAck(connection, sender, receiver, in segment) && !IsWindowUpdate(connection, sender, receiver, in segment, window))
        {
            if (IsBadWindowUpdate(connection, sender, receiver, in segment, window))
            {
                Raise(StreamEvent.PktBadWindowUpdate);
                return true;
            }
            if (connection.Phase >= Established && segment.Payload.IsEmpty && segment.IsPlainAck && segment.Number == sender.Next
                && Sequence.IsBefore(segment.Acknowledgment, receiver.Acknowledged)) return true;
        }
        return IsSpurious(connection, sender, in segment);
    }

    /// <summary>Everything in it was acknowledged long ago.</summary>
    private bool IsSpurious(TcpConnection connection, TcpEndpoint sender, in Segment segment)
    {
        if (segment.Payload.IsEmpty || connection.Phase < SynReceived) return false;
        var isGone = sender.PlaceOf(segment.End) <= sender.Bytes.Start;
        if (!isGone && Sequence.IsAfter(segment.End, sender.Acknowledged)) return false;
        Raise(StreamEvent.PktSpuriousRetransmission);
        return isGone;
    }

    private static bool IsLastAck(TcpConnection connection, TcpEndpoint sender, TcpEndpoint receiver, in Segment segment) =>
        connection.Phase is TimeWait or CloseWait or LastAck && segment.Flags == TcpFlags.Ack && segment.Payload.IsEmpty
        && segment.Number == sender.Next + 1 && segment.Acknowledgment == receiver.Next + 1;

    private static bool IsWindowUpdate(TcpConnection connection, TcpEndpoint sender, TcpEndpoint receiver, in Segment segment, uint window) =>
        connection.Phase >= Established && segment.Payload.IsEmpty && !segment.Has(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst) && segment.Window != 0
        && window != receiver.Window && segment.Acknowledgment == receiver.Acknowledged && segment.Number == sender.Next;

    /// <summary>Would make us refuse what the receiver takes: it acknowledges bytes nobody saw, and closes the window by more than that.</summary>
    private static bool IsBadWindowUpdate(TcpConnection connection, TcpEndpoint sender, TcpEndpoint receiver, in Segment segment, uint window)
    {
        if (connection.Phase is < Established or Closed || segment.Has(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst) || window >= receiver.Window) return false;
        var shrunk = receiver.Window - window;
        if (shrunk <= (uint)segment.Payload.Length || !Sequence.IsAfter(segment.Acknowledgment, receiver.Next) || !Sequence.IsAfter(segment.Number, sender.Next)) return false;
        var acknowledged = segment.Acknowledgment - receiver.Acknowledged;
        return shrunk > acknowledged + (window > 1024 ? 32u : 0);
    }

    /// <summary>Who goes on talking after his reset did not send it.</summary>
    private void CheckForgedReset(TcpConnection connection, Side from, in Segment segment)
    {
        var receiver = connection[from.Other()];
        if (segment.Has(TcpFlags.Rst) || !receiver.WasReset) return;
        receiver.WasReset = connection.WasReset = false;
        Raise(StreamEvent.SuspectedRstInject);
    }

    private bool Dispatch(Flow flow, TcpConnection connection, TcpPhase phase, Side from, in Segment segment) => phase switch
    {
        SynSent => InSynSent(flow, connection, from, in segment),
        SynReceived => InSynReceived(flow, connection, from, in segment),
        Established => InEstablished(flow, connection, from, in segment),
        Closed => InClosed(flow, connection, from, in segment),
        _ => InShutdown(flow, connection, from, in segment),
    };

    private bool InClosed(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (segment.Has(TcpFlags.Rst) || connection[from].WasReset || !connection[from.Other()].WasReset) return true;
        // Reset by one side only: perhaps not by itself.
        if (!Dispatch(flow, connection, connection.Before == Closed ? Established : connection.Before, from, in segment)) return false;
        if (connection.Phase == Closed) connection.Resume(connection.Before);
        return true;
    }

    private void Raise(StreamEvent happened) => scope.Raise(happened);

    private bool Refuse(StreamEvent happened)
    {
        Raise(happened);
        return false;
    }
}
