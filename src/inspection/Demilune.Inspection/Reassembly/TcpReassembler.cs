using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Reassembly;

/// <summary>
/// Puts segments into order and lets the session judge the bytes before they go on. The receiver gets the very bytes that were judged: a byte's first
/// copy counts, and a frame that says otherwise is dropped, as is whatever a receiver could take in another way than we do.
/// </summary>
/// <remarks>
/// A segment past a gap is sent on at once and kept: the receiver can do nothing with it until the gap is filled, and the frame that fills it is judged
/// together with everything that it sets free. Where nothing is enforced (captures, Detect) the same is noticed but nothing is dropped for it.
/// </remarks>
internal sealed class TcpReassembler(InspectorOptions options, SegmentPool pool, Detector detector)
{
    /// <summary>Room past the offered window that is tolerated: windows move while segments are under way.</summary>
    private const int WindowSlack = 1 << 16;

    private readonly FrameScope _scope = detector.Scope;

    /// <summary>Judges a segment of a known flow.</summary>
    /// <returns>Why the frame is to be dropped; None to send it on.</returns>
    public DropReason Accept(Flow flow, Side from, TcpView tcp)
    {
        var sender = flow[from];
        var receiver = flow[from.Other()];
        var flags = tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Rst);
        var tcpOptions = tcp.ReadOptions();
        if (flow.TcpState is TcpState.New or >= TcpState.Established) PickUp(sender, receiver, tcp);
        if ((flags & (TcpFlags.Fin | TcpFlags.Syn)) == (TcpFlags.Fin | TcpFlags.Syn) || (flags & (TcpFlags.Rst | TcpFlags.Syn)) == (TcpFlags.Rst | TcpFlags.Syn))
            return Odd("stream.invalid_flags", DropReason.StreamState);
        if (tcp.Has(TcpFlags.Syn)) return AcceptSyn(flow, from, tcp, tcpOptions);
        if (tcp.Has(TcpFlags.Rst)) return AcceptReset(flow, from, tcp);
        if (!tcp.Has(TcpFlags.Ack)) return Odd("stream.no_ack", DropReason.StreamState);
        // Before its SYN is answered a client may hear from the server's former connection (RFC 5961 §4): no bytes of this one.
        if (!sender.IsKnown) return tcp.Payload.IsEmpty ? DropReason.None : Odd("stream.data_before_handshake", DropReason.StreamState);
        if (IsOldTimestamp(sender, receiver, tcpOptions)) return Odd("stream.old_timestamp", DropReason.StreamWindow);
        var acknowledged = AcceptAcknowledgment(flow, from, tcp);
        if (acknowledged != DropReason.None) return acknowledged;

        var reason = AcceptData(flow, from, tcp.Sequence, tcp.Payload, tcp);
        if (reason != DropReason.None) return reason;
        if (tcpOptions.HasTimestamp && !Sequence.IsAfter(tcp.Sequence, sender.Next)) RememberTimestamp(sender, tcpOptions);
        if (tcp.Has(TcpFlags.Fin)) return AcceptFin(flow, from, tcp.Sequence + (uint)tcp.Payload.Length);
        return DropReason.None;
    }

    /// <summary>The first segment that is seen of a side without its SYN says where it stands.</summary>
    private void PickUp(TcpSide sender, TcpSide receiver, TcpView tcp)
    {
        if (tcp.Has(TcpFlags.Syn | TcpFlags.Rst)) return;
        if (!sender.IsKnown)
        {
            sender.Begin(tcp.Sequence, pool);
            sender.IsPickedUp = true;
        }
        if (!receiver.IsKnown && tcp.Has(TcpFlags.Ack))
        {
            receiver.Begin(tcp.Acknowledgment, pool);
            receiver.IsPickedUp = true;
        }
    }

    private DropReason AcceptSyn(Flow flow, Side from, TcpView tcp, TcpOptions tcpOptions)
    {
        var sender = flow[from];
        var isAnswer = tcp.Has(TcpFlags.Ack);
        if (flow.TcpState >= TcpState.Established)
        {
            // A receiver with a live connection answers with a challenge (RFC 5961 §4) and takes nothing of it.
            if (sender.IsKnown && tcp.Sequence == sender.Initial) return DropReason.None;
            if (tcp.Payload.Length > 0 || isAnswer) return Odd("stream.syn_in_connection", DropReason.StreamState);
            flow.RivalSyn = tcp.Sequence;
            return DropReason.None;
        }
        if (from == Side.Server && !isAnswer) return Odd("stream.simultaneous_open", DropReason.StreamState);
        if (from == Side.Client && isAnswer) return Odd("stream.syn_ack_from_client", DropReason.StreamState);
        if (isAnswer)
        {
            var client = flow[Side.Client];
            if (!client.IsKnown)
            {
                // Its SYN went by unseen (a capture that begins here, asymmetric routing); the answer numbers its first byte.
                client.Begin(tcp.Acknowledgment, pool);
                client.IsPickedUp = true;
            }
            // Of several SYNs with different numbers this says which one the server took.
            if (client.IsKnown && (Sequence.IsBefore(tcp.Acknowledgment, client.Initial + 1) || Sequence.IsAfter(tcp.Acknowledgment, client.Sent)))
                return Odd("stream.syn_ack_wrong_ack", DropReason.StreamState);
            if (sender.IsKnown && tcp.Sequence != sender.Initial) return Odd("stream.syn_ack_changed", DropReason.StreamState);
        }
        if (!sender.IsKnown || sender.Initial != tcp.Sequence)
        {
            if (sender.IsKnown && sender.Judged > 0) return Odd("stream.syn_changed", DropReason.StreamState);
            sender.Begin(tcp.Sequence + 1, pool);
        }
        sender.Scale = tcpOptions.WindowScale;
        sender.Window = Math.Max(sender.Window, tcp.Window);
        if (tcpOptions.HasTimestamp) RememberTimestamp(sender, tcpOptions);
        flow.TcpState = isAnswer ? TcpState.SynReceived : flow.TcpState == TcpState.New ? TcpState.SynSent : flow.TcpState;
        if (isAnswer) Offer(flow, from, tcp, isSyn: true);
        // Data with a SYN (RFC 7413) is taken by some servers and by others not; judged it must be in either case.
        return AcceptData(flow, from, tcp.Sequence + 1, tcp.Payload, tcp);
    }

    /// <remarks>
    /// Only a reset with the very next number ends a connection (RFC 5961 §3). Even then bytes are still judged if any come: who believed a
    /// reset that the receiver did not would be blind from then on.
    /// </remarks>
    private DropReason AcceptReset(Flow flow, Side from, TcpView tcp)
    {
        var sender = flow[from];
        var isHeard = sender.IsKnown ? tcp.Sequence == sender.Next + (sender.IsClosed ? 1u : 0) : tcp.Has(TcpFlags.Ack);
        if (!isHeard) return DropReason.None;
        flow.TcpState = TcpState.Closed;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Client, Side.Server]) Close(flow, side);
        return DropReason.None;
    }

    private DropReason AcceptAcknowledgment(Flow flow, Side from, TcpView tcp)
    {
        var sender = flow[from];
        var receiver = flow[from.Other()];
        if (receiver.IsKnown)
        {
            var ahead = Sequence.Distance(tcp.Acknowledgment, receiver.Sent);
            // Acknowledges what was never sent on: the receiver throws such a segment away with its data (RFC 9293 §3.10.7.4).
            if (ahead > (receiver.HasFin ? 1 : 0) && _scope.Enforces && !receiver.IsPickedUp) return Odd("stream.ack_of_unsent", DropReason.StreamState);
            SkipGap(flow, from.Other(), tcp.Acknowledgment);
            if (Sequence.Distance(receiver.Acknowledged, tcp.Acknowledgment) > Math.Max(sender.Window, WindowSlack) + WindowSlack)
                return Odd("stream.old_ack", DropReason.StreamWindow);
        }
        Offer(flow, from, tcp, isSyn: false);
        if (flow.TcpState is TcpState.SynReceived or TcpState.SynSent or TcpState.New && !(flow.TcpState == TcpState.SynSent && from == Side.Client))
            flow.TcpState = TcpState.Established;
        return DropReason.None;
    }

    /// <summary>
    /// Bytes that never came this way have arrived at the other end: they went before the flow was picked up, or the capture lacks them. The
    /// stream goes on behind them.
    /// </summary>
    private void SkipGap(Flow flow, Side from, uint acknowledged)
    {
        var sender = flow[from];
        var missing = Sequence.Distance(acknowledged, sender.Next) - (sender.HasFin ? 1 : 0);
        if (missing <= 0 || (_scope.Enforces && !sender.IsPickedUp)) return;
        var facing = _scope.From;
        _scope.Face(from);
        while (Sequence.IsBefore(sender.Next, acknowledged))
        {
            if (sender.Store.From(sender.Next) is { IsEmpty: false } held)
            {
                Deliver(flow, from, held);
                continue;
            }
            var next = sender.Store.TryNextStart(sender.Next, out var start) && Sequence.IsBefore(start, acknowledged) ? start : acknowledged;
            flow.Session?.Skip(from, Sequence.Distance(next, sender.Next));
            sender.Next = next;
        }
        sender.Sent = Sequence.Later(sender.Sent, sender.Next);
        _scope.Face(facing);
    }

    /// <summary>Takes note of what the sender of this segment has received and has room for.</summary>
    private void Offer(Flow flow, Side from, TcpView tcp, bool isSyn)
    {
        var sender = flow[from];
        var other = flow[from.Other()];
        if (!other.IsKnown) return;
        var shift = isSyn || sender.Scale < 0 || other.Scale < 0 ? 0 : sender.Scale;
        if (sender.IsPickedUp) shift = 14;      // nobody told us: the largest there is
        var window = tcp.Window << shift;
        sender.Window = Math.Max(sender.Window, window);
        var limit = tcp.Acknowledgment + (uint)window;
        other.Limit = other.HasLimit ? Sequence.Later(other.Limit, limit) : limit;
        other.HasLimit = true;
        if (Sequence.IsAfter(tcp.Acknowledgment, other.Acknowledged)) other.Acknowledged = tcp.Acknowledgment;
        // Bytes that wait for a gap were never judged: an acknowledgment of them must not free them.
        other.Store.ReleaseBefore(Sequence.IsBefore(other.Acknowledged, other.Next) ? other.Acknowledged : other.Next, pool);
    }

    private DropReason AcceptData(Flow flow, Side from, uint start, ReadOnlySpan<byte> bytes, TcpView tcp)
    {
        var sender = flow[from];
        if (bytes.IsEmpty) return DropReason.None;
        if (tcp.Has(TcpFlags.Urg))
        {
            var urgent = Odd("stream.urgent", DropReason.StreamUrgent);
            if (urgent != DropReason.None) return urgent;
        }
        if (flow.Session is null)
        {
            Skip(sender, start + (uint)bytes.Length);
            return DropReason.None;
        }
        var end = start + (uint)bytes.Length;
        if (sender.HasFin && Sequence.IsAfter(end, sender.Fin)) return Odd("stream.data_after_fin", DropReason.StreamState);
        if (sender.HasLimit && flow.TcpState >= TcpState.Established && !flow[from.Other()].IsPickedUp && Sequence.Distance(start, sender.Limit) > WindowSlack)
            return Odd("stream.outside_window", DropReason.StreamWindow);
        if (!sender.Store.Agrees(start, bytes))
        {
            var overlap = Odd("stream.overlap_conflict", DropReason.StreamOverlap);
            if (overlap != DropReason.None) return overlap;
        }
        if (!Sequence.IsAfter(end, sender.Next)) return DropReason.None;      // a retransmission, and an honest one
        if (Sequence.IsAfter(start, sender.Next)) return Hold(sender, start, bytes);
        if (!HasRoomFor(sender, bytes.Length)) return DropReason.StreamMemory;
        return Judge(flow, from, start, bytes);
    }

    /// <summary>Past a gap: kept and sent on.</summary>
    private DropReason Hold(TcpSide sender, uint start, ReadOnlySpan<byte> bytes)
    {
        if (!HasRoomFor(sender, bytes.Length)) return DropReason.StreamMemory;
        sender.Store.Add(start, bytes, pool);
        sender.Sent = Sequence.Later(sender.Sent, start + (uint)bytes.Length);
        return DropReason.None;
    }

    /// <summary>The next bytes, and those that were waiting for them.</summary>
    private DropReason Judge(Flow flow, Side from, uint start, ReadOnlySpan<byte> bytes)
    {
        var sender = flow[from];
        var fresh = bytes[Sequence.Distance(sender.Next, start)..];
        // Where a copy is held already, it is the one that was sent on first: in a capture the two may differ.
        while (!fresh.IsEmpty)
        {
            var piece = sender.Store.From(sender.Next);
            if (piece.IsEmpty)
            {
                piece = fresh;
                if (sender.Store.TryNextStart(sender.Next, out var next)) piece = piece[..Math.Min(piece.Length, Sequence.Distance(next, sender.Next))];
            }
            else if (piece.Length > fresh.Length)
            {
                break;
            }
            Deliver(flow, from, piece);
            fresh = fresh[piece.Length..];
        }
        while (_scope.Blocked == DropReason.None && sender.Store.From(sender.Next) is { IsEmpty: false } held) Deliver(flow, from, held);
        if (_scope.Blocked != DropReason.None) return _scope.Blocked;
        var end = start + (uint)bytes.Length;
        sender.Sent = Sequence.Later(sender.Sent, end);
        if (options.Inline) sender.Store.Add(start, bytes, pool);
        else sender.Store.ReleaseBefore(sender.Next, pool);
        if (sender.HasFin && sender.Next == sender.Fin) Close(flow, from);
        return _scope.Blocked;
    }

    private void Deliver(Flow flow, Side from, ReadOnlySpan<byte> piece)
    {
        var sender = flow[from];
        sender.Next += (uint)piece.Length;
        sender.Judged += piece.Length;
        if (_scope.Blocked == DropReason.None) flow.Session?.Deliver(flow, from, piece);
    }

    private DropReason AcceptFin(Flow flow, Side from, uint fin)
    {
        var sender = flow[from];
        if (sender.HasFin && sender.Fin != fin) return Odd("stream.fin_moved", DropReason.StreamState);
        if (!sender.HasFin && Sequence.IsAfter(sender.Sent, fin)) return Odd("stream.fin_before_data", DropReason.StreamState);
        (sender.HasFin, sender.Fin) = (true, fin);
        if (flow.TcpState < TcpState.Closing) flow.TcpState = TcpState.Closing;
        if (sender.Next == fin) Close(flow, from);
        return _scope.Blocked;
    }

    private void Close(Flow flow, Side from)
    {
        var sender = flow[from];
        if (!sender.IsClosed)
        {
            sender.IsClosed = true;
            var facing = _scope.From;
            _scope.Face(from);
            flow.Session?.Close(from);
            _scope.Face(facing);
        }
        if (flow[from.Other()].IsClosed) flow.TcpState = TcpState.Closed;
    }

    /// <summary>Nobody looks: only the numbers are kept.</summary>
    private static void Skip(TcpSide sender, uint end)
    {
        sender.Next = Sequence.Later(sender.Next, end);
        sender.Sent = Sequence.Later(sender.Sent, end);
    }

    private bool HasRoomFor(TcpSide sender, int length)
    {
        if (sender.Store.Held + SegmentPool.Cost(length) <= options.MaxHeldPerStream && pool.HasRoomFor(length)) return true;
        if (_scope.Enforces) return false;
        sender.Store.ReleaseBefore(sender.Next, pool);
        return sender.Store.Held + SegmentPool.Cost(length) <= options.MaxHeldPerStream && pool.HasRoomFor(length);
    }

    /// <summary>PAWS (RFC 7323 §5): the receiver drops such a segment, so its bytes must not be the first copy here.</summary>
    private static bool IsOldTimestamp(TcpSide sender, TcpSide receiver, TcpOptions tcpOptions) =>
        tcpOptions.HasTimestamp && sender.HasTimestamp && receiver.HasTimestamp && Sequence.IsBefore(tcpOptions.Timestamp, sender.Timestamp);

    private static void RememberTimestamp(TcpSide sender, TcpOptions tcpOptions)
    {
        if (!sender.HasTimestamp || Sequence.IsAfter(tcpOptions.Timestamp, sender.Timestamp)) sender.Timestamp = tcpOptions.Timestamp;
        sender.HasTimestamp = true;
    }

    /// <summary>Tells of it, and drops the frame where that is wanted.</summary>
    private DropReason Odd(string name, DropReason reason)
    {
        detector.Anomaly(AnomalyLayer.Stream, name, isAmbiguous: false);
        return _scope.Enforces ? reason : DropReason.None;
    }
}
