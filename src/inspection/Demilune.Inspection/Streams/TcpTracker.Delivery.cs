using Demilune.Inspection.Flows;
using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>Bytes: where they are kept, and when the session gets them.</summary>
internal sealed partial class TcpTracker
{
    private enum Turn { Sender, Receiver, Both }

    private bool Take(Flow flow, TcpConnection connection, Side from, in Segment segment) => Take(flow, connection, from, in segment, segment.Number);

    private bool Take(Flow flow, TcpConnection connection, Side from, in Segment segment, uint number)
    {
        var turn = TurnAfter(connection, in segment);
        var sender = connection[from];
        if (turn != Turn.Sender) Deliver(flow, connection, from.Other(), isEnd: false);
        from = connection.SideOf(sender);       // what was handed on may have told who is the client
        if (!segment.Payload.IsEmpty && !connection[from].IsDeep)
        {
            // What a reset says is for people, and nothing that the stream's reader gets.
            if (!segment.Has(TcpFlags.Rst) && !TryKeep(connection, from, in segment, number)) return true;
            IsAdded = true;
            if (connection[from].IsDeep) turn = Turn.Both;
        }
        if (turn != Turn.Receiver) Deliver(flow, connection, from, isEnd: false);
        return true;
    }

    /// <summary>Whose bytes may be looked at now: in the wire the sender's; of a capture those that the segment acknowledges.</summary>
    private Turn TurnAfter(TcpConnection connection, in Segment segment)
    {
        if (options.Inline || segment.Has(TcpFlags.Rst)) return Turn.Sender;
        if (segment.Has(TcpFlags.Fin) && connection.Phase > TimeWait) return segment.HasAck ? Turn.Both : Turn.Sender;
        return connection.Phase == Closed ? Turn.Both : Turn.Receiver;
    }

    private bool TryKeep(TcpConnection connection, Side from, in Segment segment, uint number)
    {
        var sender = connection[from];
        var payload = segment.Payload;
        if (segment.Has(TcpFlags.Urg) && segment.Urgent > 0 && !options.Inline && options.Urgent == UrgentPolicy.Gap) return true;
        var place = sender.PlaceOf(number);
        if (segment.Has(TcpFlags.Urg) && segment.Urgent > 0 && segment.Urgent <= payload.Length && options.Urgent == UrgentPolicy.OutOfBand)
        {
            // The last byte of urgent data is given to its reader aside; the stream closes over it (RFC 6093 §3.1).
            if (!sender.TrySetUrgent(number + segment.Urgent)) return true;
            TakesUrgent = true;
            var before = payload[..(segment.Urgent - 1)];
            return (before.IsEmpty || TryInsert(sender, place, before)) && (segment.Urgent == payload.Length || TryInsert(sender, place + before.Length, payload[segment.Urgent..]));
        }
        return TryInsert(sender, place, payload);
    }

    private bool TryInsert(TcpEndpoint sender, long place, ReadOnlySpan<byte> payload)
    {
        if (options.Depth > 0 && place + payload.Length > options.Depth)
        {
            sender.IsDeep = true;
            Raise(StreamEvent.ReassemblyDepthReached);
            if (place >= options.Depth) return true;
            payload = payload[..(int)Math.Min(payload.Length, options.Depth - place)];
        }
        if (place + payload.Length <= sender.Bytes.Start)
        {
            Raise(StreamEvent.ReassemblySegmentBeforeBaseSeq);
            return true;
        }
        if (!sender.Bytes.TryInsert(place, payload, options.Inline ? null : sender.Policy, out var differs))
        {
            Raise(StreamEvent.ReassemblyInsertMemcap);
            Exception = options.ReassemblyPolicy;
            return false;
        }
        if (!differs) return true;
        if (options.Inline || options.ChecksOverlaps) Raise(StreamEvent.ReassemblyOverlapDifferentData);
        // In the wire the receiver is to get what was judged: the packet's bytes become those of the stream.
        if (options.Inline) Rewritten = place;
        return true;
    }

    /// <summary>Hands on what may be handed on of one side.</summary>
    /// <param name="isEnd">Nothing more will come: what was never acknowledged, too.</param>
    private void Deliver(Flow flow, TcpConnection connection, Side side, bool isEnd)
    {
        var end = connection[side];
        var facing = scope.From;
        scope.Face(side);
        while (true)
        {
            var bytes = end.Bytes.From(end.Delivered, out var next);
            var isOpen = options.Inline || (isEnd && (connection.Phase < Closed || connection.WasReset));
            var limit = isOpen ? long.MaxValue : end.AcknowledgedPlace;
            if (bytes.IsEmpty)
            {
                var acknowledged = end.AcknowledgedPlace - (connection.Phase >= FinWait1 ? 1 : 0);
                if (next == long.MaxValue || acknowledged <= end.Delivered) break;
                Raise(StreamEvent.ReassemblySeqGap);
                end.HasGap = true;
                var behind = Math.Min(next, acknowledged);
                flow.Session?.Skip(side, behind - end.Delivered);
                end.Delivered = behind;
                continue;
            }
            var length = (int)Math.Min(bytes.Length, limit - end.Delivered);
            if (length <= 0) break;
            end.Delivered += length;
            flow.Session?.Deliver(flow, side, bytes[..length]);
            if (connection[side] != end) (side, facing) = (side.Other(), facing.Other());
            // As Suricata 7.0.10 has it: where a message is judged as a message, stream rules look at once. Elsewhere they wait for as much as they usually do.
            end.InspectsNow |= flow.Session is { App: AppProtocol.Dns or AppProtocol.DceRpc or AppProtocol.PostgreSql };
        }
        if ((connection.Phase >= Closing || isEnd) && !end.IsClosed && end.Delivered >= end.Bytes.End)
        {
            end.IsClosed = true;
            flow.Session?.Close(side);
        }
        scope.Face(facing);
    }

    /// <summary>The flow is over: whatever is left of one side.</summary>
    public void Finish(Flow flow, Side side) => Deliver(flow, flow.Connection!, side, isEnd: true);

    /// <summary>Something of this side was not looked at yet.</summary>
    public static bool IsUnfinished(TcpConnection connection, Side side)
    {
        var end = connection[side];
        return connection.Phase is >= Established and < Closed || end.Bytes.End > Math.Min(end.Delivered, end.Inspected);
    }

    /// <summary>What stream rules are to look at with this packet: nothing if too little has come.</summary>
    /// <param name="start">Place of the first byte.</param>
    public ReadOnlySpan<byte> Raw(TcpConnection connection, Side from, uint number, ReadOnlySpan<byte> payload, bool isEnd, out long start)
    {
        var end = connection[from];
        start = end.Inspected;
        var chunk = from == Side.Client ? options.ChunkToServer : options.ChunkToClient;
        if (options.Inline && !isEnd)
        {
            if (!IsAdded || payload.IsEmpty) return default;
            var place = end.PlaceOf(number);
            var around = end.Bytes.Around(Math.Max(place, end.Bytes.Start), out start);
            if (around.IsEmpty || start + around.Length < place + payload.Length)
            {
                start = place;
                return payload;
            }
            if (chunk * 2 / 3 < payload.Length) chunk = payload.Length + chunk / 3;
            if (around.Length <= chunk) return around;
            var (before, after) = (place - start, start + around.Length - (place + payload.Length));
            var spare = chunk - payload.Length;
            var cutAfter = Math.Max(0, after - Math.Max(spare / 2, spare - before));
            var cutBefore = Math.Max(0, around.Length - cutAfter - chunk);
            start += cutBefore;
            return around[(int)cutBefore..(int)(around.Length - cutAfter)];
        }
        var bytes = end.Bytes.From(Math.Max(end.Inspected, end.Bytes.Start), out var next);
        if (bytes.IsEmpty && next != long.MaxValue && (isEnd || next < end.AcknowledgedPlace))
        {
            start = next;
            bytes = end.Bytes.From(next, out _);
        }
        else
        {
            start = Math.Max(end.Inspected, end.Bytes.Start);
        }
        if (bytes.IsEmpty) return default;
        if (isEnd) return bytes;
        var acknowledged = end.AcknowledgedPlace;
        var isDue = end.InspectsNow || end.IsDeep || connection.Phase > TimeWait || acknowledged - end.Inspected >= chunk;
        return isDue ? bytes[..(int)Math.Clamp(acknowledged - start, 0, bytes.Length)] : default;
    }

    /// <summary>Stream rules have looked this far, or need not look; what nobody needs any more is given back.</summary>
    /// <param name="inspected">Place; 0: nothing was looked at.</param>
    public void Release(TcpConnection connection, Side side, long inspected)
    {
        var end = connection[side];
        if (inspected > end.Inspected)
        {
            (end.Inspected, end.InspectsNow) = (inspected, false);
        }
        else if (inspected == 0)
        {
            if (end.InspectsNow && end.Delivered > end.Inspected) (end.Inspected, end.InspectsNow) = (end.Delivered, false);
            else end.Inspected = Math.Max(end.Inspected, end.Delivered - end.Window);
        }
        // In the wire each packet is looked at together with what came before it.
        var kept = options.Inline ? side == Side.Client ? options.ChunkToServer : options.ChunkToClient : 0;
        var done = Math.Min(end.Delivered, end.Inspected - kept);
        if (connection.Phase >= Established) end.Bytes.ReleaseBefore(Math.Min(done, end.AcknowledgedPlace));
    }
}
