using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>Which numbers and timestamps a segment may have.</summary>
internal sealed partial class TcpTracker
{
    private const long Paws24Days = 2_073_600;

    private static void Acknowledge(TcpEndpoint end, uint number)
    {
        if (Sequence.IsAfter(number, end.Acknowledged)) end.Acknowledged = number;
    }

    private static void Extend(TcpEndpoint end)
    {
        var limit = end.Acknowledged + end.Window;
        if (Sequence.IsAfter(limit, end.Limit)) end.Limit = limit;
    }

    /// <param name="acknowledged">Whose bytes are acknowledged.</param>
    private bool IsValidAck(TcpConnection connection, TcpEndpoint acknowledged, Side from, in Segment segment)
    {
        if (!segment.HasAck || segment.Acknowledgment == acknowledged.Acknowledged) return true;
        var number = segment.Acknowledgment;
        if (Sequence.IsBefore(number, acknowledged.Acknowledged))
        {
            if (acknowledged.Window == 0 || !Sequence.IsBefore(number, acknowledged.Acknowledged - acknowledged.Window)) return true;
        }
        else if (!Sequence.IsAfter(number, acknowledged.Limit) || connection.IsOneSided)
        {
            return true;
        }
        else if (connection.Phase == SynSent && from == Side.Server && segment.Has(TcpFlags.Rst) && number == acknowledged.Initial + 1)
        {
            return true;
        }
        return Refuse(StreamEvent.PktInvalidAck);
    }

    private bool IsRetransmission(TcpEndpoint sender, in Segment segment)
    {
        if (segment.Payload.IsEmpty || Sequence.IsAfter(segment.End, sender.Next)) return false;
        Raise(StreamEvent.PktRetransmission);
        return true;
    }

    private bool IsValidReset(TcpConnection connection, Side from, in Segment segment)
    {
        if (!IsValidTimestamp(connection, from, in segment)) return false;
        if (!segment.Payload.IsEmpty) Raise(StreamEvent.RstWithData);
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        if (segment.HasAck && segment.Acknowledgment != 0 && !IsValidAck(connection, receiver, from, in segment)) return Refuse(StreamEvent.RstInvalidAck);
        if (segment.Options.IsSigned) receiver.WasReset = true;
        if (connection.IsOneSided) return !Sequence.IsBefore(segment.Number, sender.Next);
        // The receiver's system decides: its policy is kept with the bytes that it takes.
        return sender.Policy switch
        {
            OverlapPolicy.HpUx11 => !Sequence.IsBefore(segment.Number, sender.Next),
            OverlapPolicy.OldLinux or OverlapPolicy.Linux or OverlapPolicy.Solaris =>
                !Sequence.IsBefore(segment.End, sender.Acknowledged) && Sequence.IsBefore(segment.Number, sender.Next + sender.Window),
            _ => segment.Number == sender.Next,
        };
    }

    private static void Reset(TcpConnection connection)
    {
        connection.Enter(Closed);
        connection.WasReset = true;
        connection.Queue.Clear();
    }

    /// <summary>A server cannot echo what the client did not say.</summary>
    private static bool IsEchoValid(TcpConnection connection, Side from, in Segment segment)
    {
        if (from == Side.Client || !segment.Options.HasTimestamp) return true;
        var client = connection[Side.Client];
        var echo = segment.Options.TimestampEcho;
        return client.OffersTimestamps ? client.Timestamp == 0 || echo == 0 || echo == client.Timestamp : client.Timestamp != 0 || echo == 0;
    }

    /// <summary>RFC 7323 §5, with what systems do about a timestamp of 0.</summary>
    private bool IsValidTimestamp(TcpConnection connection, Side from, in Segment segment)
    {
        if (!connection.HasTimestamps || !segment.Options.HasTimestamp) return true;
        var sender = connection[from];
        var policy = sender.Policy;
        var (stamp, last, isChecked) = (segment.Options.Timestamp, sender.Timestamp, true);
        var isNext = sender.Next == segment.Number;
        if (sender.HasZeroTimestamp)
        {
            if (policy is OverlapPolicy.Linux or OverlapPolicy.Windows2K3) isChecked = false;
            else if (policy is OverlapPolicy.OldLinux or OverlapPolicy.Windows or OverlapPolicy.Vista && isNext) isChecked = false;
        }
        if (policy == OverlapPolicy.HpUx11 && !isNext) isChecked = false;
        if (stamp == 0 && policy is not (OverlapPolicy.OldLinux or OverlapPolicy.Windows or OverlapPolicy.Windows2K3 or OverlapPolicy.Vista or OverlapPolicy.Solaris))
            return Refuse(StreamEvent.PktInvalidTimestamp);
        if (!isChecked) return true;
        var distance = Sequence.Distance(stamp, last) + (policy == OverlapPolicy.Linux || options.LiberalTimestamps ? 1 : 0);
        var seen = sender.TimestampSeen == 0 && connection.IsPickedUp ? segment.Seconds : sender.TimestampSeen;
        var isStale = segment.Seconds > seen + Paws24Days;
        var isValid = distance >= 0 && !(sender.Timestamp != 0 && isStale);
        return isValid || (isNext && isStale) || Refuse(StreamEvent.PktInvalidTimestamp);
    }

    private static void UpdateTimestamp(TcpConnection connection, Side from, in Segment segment)
    {
        if (!connection.HasTimestamps || !segment.Options.HasTimestamp) return;
        var sender = connection[from];
        if (sender.HasZeroTimestamp)
        {
            if (sender.Policy is OverlapPolicy.Linux or OverlapPolicy.Windows2K3)
            {
                connection.HasTimestamps = false;
                return;
            }
            if (sender.Policy is OverlapPolicy.OldLinux or OverlapPolicy.Windows or OverlapPolicy.Vista) sender.HasZeroTimestamp = false;
        }
        if (sender.Next == segment.Number || Sequence.IsAfter(segment.Options.Timestamp, sender.Timestamp)) sender.Timestamp = segment.Options.Timestamp;
        sender.TimestampSeen = segment.Seconds;
    }
}
