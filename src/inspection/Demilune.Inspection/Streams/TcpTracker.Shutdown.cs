using Demilune.Inspection.Flows;
using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>After the first FIN.</summary>
internal sealed partial class TcpTracker
{
    private bool InShutdown(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            if (!IsValidReset(connection, from, in segment)) return false;
            Reset(connection);
            return TakeReset(flow, connection, from, in segment);
        }
        var isFin = segment.Has(TcpFlags.Fin);
        if (connection.Phase == Closing) isFin = false;
        if (!isFin && segment.Has(TcpFlags.Syn)) return Refuse(StreamEvent.ShutdownSynResend);
        if (!isFin && !segment.HasAck) return true;
        if (isFin && connection.Phase is LastAck or TimeWait) return true;
        if (!IsValidTimestamp(connection, from, in segment)) return false;
        return (connection.Phase, isFin) switch
        {
            (FinWait1, true) => FinInFinWait1(flow, connection, from, in segment),
            (FinWait1, false) => AckInFinWait1(flow, connection, from, in segment),
            (FinWait2, true) => FinInFinWait2(flow, connection, from, in segment),
            (FinWait2, false) => AckInFinWait2(flow, connection, from, in segment),
            (CloseWait, true) => FinInCloseWait(flow, connection, from, in segment),
            (CloseWait, false) => AckInCloseWait(flow, connection, from, in segment),
            (Closing, _) => AckInClosing(flow, connection, from, in segment),
            (LastAck, _) => AckInLastAck(flow, connection, from, in segment),
            _ => AckInTimeWait(flow, connection, from, in segment),
        };
    }

    private static bool IsPastWindow(TcpEndpoint sender, in Segment segment) => Sequence.IsAfter(segment.Number, sender.Acknowledged + sender.Window);

    private static bool IsRelaxed(TcpConnection connection) => connection.IsPickedUp || connection.IsOneSided;

    private static void CatchUp(TcpEndpoint receiver, in Segment segment, uint slack = 0)
    {
        if (Sequence.IsBefore(receiver.Next - slack, segment.Acknowledgment)) receiver.Next = segment.Acknowledgment;
    }

    private bool Conclude(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (segment.HasAck) Acknowledge(connection[from.Other()], segment.Acknowledgment);
        return Take(flow, connection, from, in segment);
    }

    private bool FinInFinWait1(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment)
            || (from == Side.Server && segment.HasAck && segment.Number == sender.Next - 1 && segment.Acknowledgment == receiver.Acknowledged);
        if (!isOld && (Sequence.IsBefore(segment.Number, sender.Next - 1) || IsPastWindow(sender, in segment))) return Refuse(StreamEvent.Fin1FinWrongSeq);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.Fin1InvalidAck);
        UpdateTimestamp(connection, from, in segment);
        if (!isOld)
        {
            connection.Enter(segment.HasAck ? TimeWait : Closing);
            receiver.Window = segment.Window << receiver.Scale;
        }
        else if (from == Side.Server && segment.HasAck)
        {
            return Take(flow, connection, from, in segment);
        }
        CatchUp(receiver, in segment, slack: 1);
        var counts = from == Side.Client && segment.HasAck ? sender.Next == segment.Number : sender.Next - 1 == segment.Number;
        if (counts) sender.Next = segment.End;
        return Conclude(flow, connection, from, in segment);
    }

    private bool AckInFinWait1(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.Fin1InvalidAck);
        // The server has sent its FIN: only the client's acknowledgment of that moves on.
        var isDue = from == Side.Server || segment.Acknowledgment == receiver.Next;
        if (!isOld && isDue)
        {
            if (Sequence.IsAfter(segment.End, sender.Limit) && !IsRelaxed(connection)) return Refuse(StreamEvent.Fin1AckWrongSeq);
            if (segment.Number == (from == Side.Client ? sender.Next : sender.Next - 1)) connection.Enter(FinWait2);
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment, slack: 1);
        if (segment.Number == (from == Side.Client ? sender.Next : sender.Next - 1)) sender.Next = segment.End;
        Acknowledge(receiver, segment.Acknowledgment);
        Extend(receiver);
        return Take(flow, connection, from, in segment);
    }

    private bool FinInFinWait2(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = (segment.Number == sender.Next - 1 && segment.Acknowledgment == receiver.Acknowledged) || IsRetransmission(sender, in segment);
        if (!isOld && (Sequence.IsBefore(segment.Number, sender.Next) || IsPastWindow(sender, in segment))) return Refuse(StreamEvent.Fin2FinWrongSeq);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.Fin2InvalidAck);
        if (!isOld)
        {
            connection.Enter(TimeWait);
            if (from == Side.Client && sender.Next == segment.Number) sender.Next = segment.End;
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        return Conclude(flow, connection, from, in segment);
    }

    private bool AckInFinWait2(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.Fin2InvalidAck);
        if (!isOld)
        {
            if (Sequence.IsAfter(segment.End, sender.Limit) && !IsRelaxed(connection)) return Refuse(StreamEvent.Fin2AckWrongSeq);
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        if (sender.Next == segment.Number) sender.Next = segment.End;
        Acknowledge(receiver, segment.Acknowledgment);
        Extend(receiver);
        return Take(flow, connection, from, in segment);
    }

    private bool AckInClosing(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (segment.Number != sender.Next) return Refuse(StreamEvent.ClosingAckWrongSeq);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.ClosingInvalidAck);
        if (!isOld) connection.Enter(TimeWait);
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        return Conclude(flow, connection, from, in segment);
    }

    private bool FinInCloseWait(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (!isOld && (Sequence.IsBefore(segment.Number, sender.Next) || IsPastWindow(sender, in segment))) return Refuse(StreamEvent.ClosewaitFinOutOfWindow);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.ClosewaitInvalidAck);
        if (!isOld)
        {
            if (from == Side.Server) connection.Enter(LastAck);
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        return Conclude(flow, connection, from, in segment);
    }

    private bool AckInCloseWait(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (!segment.Payload.IsEmpty && !Sequence.IsAfter(segment.End, sender.Acknowledged)) return Refuse(StreamEvent.ClosewaitPktBeforeLastAck);
        if (IsPastWindow(sender, in segment)) return Refuse(StreamEvent.ClosewaitAckOutOfWindow);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.ClosewaitInvalidAck);
        if (!isOld) receiver.Window = segment.Window << receiver.Scale;
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        if (segment.Number == sender.Next) sender.Next = segment.End;
        return Conclude(flow, connection, from, in segment);
    }

    private bool AckInLastAck(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (from == Side.Server) return true;
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.LastackInvalidAck);
        if (!isOld)
        {
            if (segment.Number == sender.Next || segment.Number == sender.Next + 1) connection.Enter(Closed);
            else if (!Sequence.IsBefore(segment.Number, sender.Next)) return Refuse(StreamEvent.LastackAckWrongSeq);
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        return Conclude(flow, connection, from, in segment);
    }

    private bool AckInTimeWait(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        var isOld = IsRetransmission(sender, in segment);
        // One more or less: the FIN is counted for the server only.
        var other = from == Side.Client ? sender.Next + 1 : sender.Next - 1;
        if (!isOld && segment.Number != sender.Next && segment.Number != other)
        {
            if (from == Side.Server && !segment.Payload.IsEmpty && segment.Number == sender.Acknowledged) return true;
            return Refuse(StreamEvent.TimewaitAckWrongSeq);
        }
        if (!IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.TimewaitInvalidAck);
        if (!isOld)
        {
            connection.Enter(Closed);
            receiver.Window = segment.Window << receiver.Scale;
        }
        UpdateTimestamp(connection, from, in segment);
        CatchUp(receiver, in segment);
        return Conclude(flow, connection, from, in segment);
    }
}
