using Demilune.Inspection.Flows;
using Demilune.Rules.Headers;
using Demilune.Wire.Tcp;
using static Demilune.Inspection.Streams.TcpPhase;

namespace Demilune.Inspection.Streams;

/// <summary>Up to the third packet, and what comes instead of it.</summary>
internal sealed partial class TcpTracker
{
    private bool Begin(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (segment.Has(TcpFlags.Rst)) return Refuse(StreamEvent.RstButNoSession);
        if (segment.Has(TcpFlags.Fin))
        {
            Exception = options.MidStreamPolicy;
            if (!options.MidStream || segment.Payload.IsEmpty) return Refuse(StreamEvent.FinButNoSession);
            return PickUp(flow, connection, from, in segment);
        }
        if (!segment.Has(TcpFlags.Syn)) return !segment.HasAck || PickUp(flow, connection, from, in segment);
        if (segment.HasAck) return PickUpAnswer(flow, connection, from, in segment);
        Start(flow, connection, in segment);
        connection[Side.Client].Flags = segment.Flags;
        connection.Enter(SynSent);
        connection.IsOneSided = options.OneSided;
        StoreSyn(connection, QueuedOf(in segment));
        // Data of a SYN counts where its sender knows how to begin so (RFC 7413).
        if (!segment.Options.HasFastOpen) return true;
        connection.IsFastOpen = true;
        if (segment.Payload.IsEmpty) return true;
        connection[Side.Client].Next += (uint)segment.Payload.Length;
        return Take(flow, connection, Side.Client, in segment, segment.Number + 1);
    }

    private bool IsPermissive => options.MidStreamPolicy is ExceptionPolicy.Ignore or ExceptionPolicy.PassFlow;

    private void Start(Flow flow, TcpConnection connection, in Segment segment)
    {
        connection[Side.Client].Policy = options.PolicyOf(flow.Server);
        connection[Side.Server].Policy = options.PolicyOf(flow.Client);
        connection.Flags = segment.Flags;
    }

    /// <summary>In the middle.</summary>
    private bool PickUp(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        Exception = options.MidStreamPolicy;
        if (!options.MidStream || !IsPermissive) return true;
        Start(flow, connection, in segment);
        var (sender, receiver) = (connection[from], connection[from.Other()]);
        sender.Flags = segment.Flags;
        connection.Enter(segment.Has(TcpFlags.Fin) ? FinWait1 : Established);
        (connection.IsPickedUp, connection.AwaitsServer, connection.IsOneSided, connection.ScalesWindows) = (true, true, options.OneSided, true);
        (sender.Scale, receiver.Scale) = (MaxScale, MaxScale);
        (sender.Initial, sender.Next, sender.Acknowledged) = (segment.Number - 1, segment.End, segment.Number);
        sender.Window = segment.Window << MaxScale;
        sender.Limit = sender.Acknowledged + sender.Window;
        (receiver.Initial, receiver.Next, receiver.Acknowledged) = (segment.Acknowledgment - 1, segment.Acknowledgment, segment.Acknowledgment);
        receiver.Limit = receiver.Acknowledged;
        StartTimestamps(connection, sender, receiver, in segment);
        return Take(flow, connection, from, in segment);
    }

    /// <summary>At the server's answer: who sent it is the server.</summary>
    private bool PickUpAnswer(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (!options.MidStream && !options.OneSided)
        {
            Exception = options.MidStreamPolicy;
            return true;
        }
        Exception = options.MidStreamPolicy;
        if (!IsPermissive) return true;
        if (from == Side.Client)
        {
            scope.Reverse();
        }
        Start(flow, connection, in segment);
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        server.Flags = segment.Flags;
        connection.Enter(SynReceived);
        (connection.IsPickedUp, connection.IsPickedUpByAnswer, connection.IsOneSided) = (true, true, options.OneSided);
        (server.Initial, server.Next) = (segment.Number, segment.Number + 1);
        client.Window = segment.Window;
        (client.Initial, client.Next, client.Acknowledged) = (segment.Acknowledgment - 1, segment.Acknowledgment, segment.Acknowledgment);
        server.Acknowledged = server.Initial + 1;
        // Nobody told the client's shift.
        if (segment.Options.WindowScale >= 0) (client.Scale, server.Scale, connection.ScalesWindows) = (segment.Options.WindowScale, MaxScale, true);
        client.Limit = client.Acknowledged + client.Window;
        server.Limit = server.Acknowledged + server.Window;
        StartTimestamps(connection, server, client, in segment);
        return true;
    }

    private static void StartTimestamps(TcpConnection connection, TcpEndpoint sender, TcpEndpoint receiver, in Segment segment)
    {
        if (!segment.Options.HasTimestamp) return;
        (sender.Timestamp, receiver.Timestamp, sender.TimestampSeen) = (segment.Options.Timestamp, segment.Options.TimestampEcho, segment.Seconds);
        (sender.HasZeroTimestamp, receiver.HasZeroTimestamp, connection.HasTimestamps) = (sender.Timestamp == 0, receiver.Timestamp == 0, true);
    }

    private static QueuedHandshake QueuedOf(in Segment segment) => new(
        segment.Number, segment.Acknowledgment, segment.Window, segment.Options.WindowScale,
        segment.Options.HasTimestamp ? segment.Options.Timestamp : null, segment.Seconds);

    private static void StoreSyn(TcpConnection connection, QueuedHandshake syn)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        (client.Initial, client.Next) = (syn.Sequence, syn.Sequence + 1);
        (client.OffersTimestamps, client.Timestamp, client.TimestampSeen) = (syn.Timestamp is not null, syn.Timestamp ?? 0, syn.Seconds);
        client.HasZeroTimestamp = syn.Timestamp == 0;
        server.Window = syn.Window;
        connection.ScalesWindows = syn.Scale >= 0;
        server.Scale = Math.Max(syn.Scale, 0);
    }

    private bool InSynSent(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var client = connection[Side.Client];
        if (segment.Has(TcpFlags.Syn) && segment.HasAck && !segment.Has(TcpFlags.Rst | TcpFlags.Fin))
            return from == Side.Server ? Answer(connection, in segment) : AnswerOfFour(connection, in segment);
        if (!IsEchoValid(connection, from, in segment)) return Refuse(StreamEvent.PktInvalidTimestamp);
        if (segment.Has(TcpFlags.Rst))
        {
            if (!IsValidReset(connection, from, in segment)) return false;
            if (from == Side.Client && !(segment.Number == client.Initial && segment.Window == 0 && segment.Acknowledgment == client.Initial + 1)) return true;
            connection[from.Other()].WasReset = true;
            Reset(connection);
            return true;
        }
        if (segment.Has(TcpFlags.Fin)) return true;
        if (segment.Has(TcpFlags.Syn)) return from == Side.Client ? RepeatSyn(connection, in segment) : CrossSyn(connection, in segment);
        if (!segment.HasAck || !options.OneSided) return true;
        if (segment.Number != client.Next) return Refuse(StreamEvent.HandshakeAsyncWrongSeq);
        var server = connection[Side.Server];
        connection.IsOneSided = true;
        connection.Enter(Established);
        connection.Queue.Clear();
        (client.Window, client.Acknowledged) = (segment.Window, segment.Number);
        client.Limit = client.Acknowledged + client.Window;
        (server.Initial, server.Next, server.Acknowledged, server.Limit) =
            (segment.Acknowledgment - 1, segment.Acknowledgment, segment.Acknowledgment, segment.Acknowledgment);
        if (connection.ScalesWindows) client.Scale = MaxScale;
        connection.HasTimestamps = segment.Options.HasTimestamp && client.OffersTimestamps;
        return Take(flow, connection, Side.Client, in segment);
    }

    private bool RepeatSyn(TcpConnection connection, in Segment segment)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        var syn = QueuedOf(in segment);
        var held = new QueuedHandshake(client.Initial, 0, server.Window, connection.ScalesWindows ? server.Scale : -1, client.OffersTimestamps ? client.Timestamp : null, client.TimestampSeen);
        if (syn with { Seconds = 0 } != held with { Seconds = 0 } && !connection.Queue.Contains(held))
        {
            if (connection.Queue.Count >= options.MaxSyns) return Refuse(StreamEvent.HandshakeSynFlood);
            connection.Queue.Add(held);
        }
        client.Bytes.Clear();
        (client.Delivered, client.Inspected) = (0, 0);
        StoreSyn(connection, syn);
        return true;
    }

    /// <summary>Both ends ask at once.</summary>
    private static bool CrossSyn(TcpConnection connection, in Segment segment)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        connection.IsFourWay = true;
        (server.Initial, server.Next, server.Window) = (segment.Number, segment.Number + 1, segment.Window);
        (server.OffersTimestamps, server.Timestamp, server.TimestampSeen) = (segment.Options.HasTimestamp, segment.Options.Timestamp, segment.Seconds);
        connection.ScalesWindows = segment.Options.WindowScale >= 0;
        server.Scale = Math.Max(segment.Options.WindowScale, 0);
        _ = client;
        return true;
    }

    private bool Answer(TcpConnection connection, in Segment segment)
    {
        var client = connection[Side.Client];
        if (!connection.IsFastOpen)
        {
            if (segment.Acknowledgment != client.Initial + 1) return Refuse(StreamEvent.HandshakeSynackWithWrongAck);
        }
        else if (segment.Acknowledgment == client.Initial + 1 && client.Next != client.Initial + 1)
        {
            // The server knows nothing of fast opens: the data will come again.
            client.Next = client.Initial + 1;
            client.Bytes.Clear();
            (client.Delivered, client.Inspected) = (0, 0);
            Raise(StreamEvent.HandshakeSynackTfoDataIgnored);
            connection.IgnoredFastOpen = true;
        }
        else if (segment.Acknowledgment != client.Next)
        {
            return Refuse(StreamEvent.HandshakeSynackWithWrongAck);
        }
        if (!IsEchoValid(connection, Side.Server, in segment))
        {
            var echo = segment.Options.TimestampEcho;
            var index = connection.Queue.FindIndex(syn => syn.Timestamp == echo);
            if (index < 0) return Refuse(StreamEvent.PktInvalidTimestamp);
            StoreSyn(connection, connection.Queue[index]);
        }
        connection.Queue.Clear();
        StoreAnswer(connection, QueuedOf(in segment));
        return true;
    }

    private static void StoreAnswer(TcpConnection connection, QueuedHandshake answer)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        connection.Enter(SynReceived);
        (server.Initial, server.Next, client.Window) = (answer.Sequence, answer.Sequence + 1, answer.Window);
        connection.HasTimestamps = answer.Timestamp is not null && client.OffersTimestamps;
        if (connection.HasTimestamps)
        {
            (server.Timestamp, server.TimestampSeen, server.HasZeroTimestamp) = (answer.Timestamp!.Value, answer.Seconds, answer.Timestamp == 0);
        }
        else
        {
            (client.Timestamp, server.Timestamp, client.HasZeroTimestamp) = (0, 0, false);
        }
        (client.Acknowledged, server.Acknowledged) = (answer.Acknowledgment, server.Initial + 1);
        // Both have to offer it (RFC 7323 §2.2).
        if (connection.ScalesWindows && answer.Scale >= 0) client.Scale = answer.Scale;
        else (client.Scale, server.Scale) = (0, connection.ScalesWindows && answer.Scale < 0 ? 0 : server.Scale);
        server.Limit = server.Acknowledged + server.Window;
        client.Limit = client.Acknowledged + client.Window;
        connection.IsFourWay = false;
    }

    private bool AnswerOfFour(TcpConnection connection, in Segment segment)
    {
        if (!connection.IsFourWay) return Refuse(StreamEvent.HandshakeSynackInWrongDirection);
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        if (segment.Acknowledgment != server.Initial + 1) return Refuse(StreamEvent.FourWaySynackWithWrongAck);
        if (segment.Number != client.Initial) return Refuse(StreamEvent.FourWaySynackWithWrongSyn);
        connection.Enter(SynReceived);
        client.Next = client.Initial + 1;
        server.Window = segment.Window;
        connection.HasTimestamps = segment.Options.HasTimestamp && server.OffersTimestamps;
        if (connection.HasTimestamps) (client.Timestamp, client.TimestampSeen) = (segment.Options.Timestamp, segment.Seconds);
        (server.Acknowledged, client.Acknowledged) = (segment.Acknowledgment, client.Initial + 1);
        server.Scale = connection.ScalesWindows && segment.Options.WindowScale >= 0 ? segment.Options.WindowScale : 0;
        client.Limit = client.Acknowledged + client.Window;
        server.Limit = server.Acknowledged + server.Window;
        return true;
    }

    private bool InSynReceived(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            if (!IsValidReset(connection, from, in segment)) return false;
            // Linux and Solaris do not answer a wrong ACK with a reset, so one that comes now is no answer to it.
            var isStray = connection.IsEvasive && connection[from].Policy is OverlapPolicy.Linux or OverlapPolicy.OldLinux or OverlapPolicy.Solaris;
            if (!isStray || !connection.IsEvasive) Reset(connection);
            return true;
        }
        if (segment.Has(TcpFlags.Fin)) return IsValidTimestamp(connection, from, in segment) && AcceptFin(flow, connection, from, in segment);
        if (segment.Has(TcpFlags.Syn)) return segment.HasAck ? RepeatAnswer(connection, from, in segment) : LateSyn(connection, from, in segment);
        return !segment.HasAck || CompleteHandshake(flow, connection, from, in segment);
    }

    private bool RepeatAnswer(TcpConnection connection, Side from, in Segment segment)
    {
        if (from == Side.Client) return Refuse(StreamEvent.HandshakeSynackToserverOnSynRecv);
        if (segment.Acknowledgment != connection[Side.Client].Acknowledged) return Refuse(StreamEvent.HandshakeSynackResendWithDiffAck);
        if (segment.Number == connection[Side.Server].Initial) return true;
        var answer = QueuedOf(in segment);
        if (connection.Queue.Exists(other => other with { Seconds = 0 } == answer with { Seconds = 0 })) return true;
        if (connection.Queue.Count >= options.MaxSynAcks) return Refuse(StreamEvent.HandshakeSynackFlood);
        connection.Queue.Insert(0, answer);
        return true;
    }

    private bool LateSyn(TcpConnection connection, Side from, in Segment segment)
    {
        if (from == Side.Server) return Refuse(StreamEvent.HandshakeSynToclientOnSynRecv);
        return segment.Number == connection[Side.Client].Initial || Refuse(StreamEvent.HandshakeSynResendDiffSeqOnSynRecv);
    }

    private bool CompleteHandshake(Flow flow, TcpConnection connection, Side from, in Segment segment)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        var (number, acknowledgment) = (segment.Number, segment.Acknowledgment);
        var index = connection.Queue.FindIndex(answer => answer.Sequence == acknowledgment - 1 && answer.Acknowledgment == number);
        if (index >= 0) StoreAnswer(connection, connection.Queue[index]);
        if (!IsValidTimestamp(connection, from, in segment)) return false;
        if (connection.IsFourWay && from == Side.Server) return CompleteFour(flow, connection, in segment);
        var missedAck = false;
        if (from == Side.Server && !connection.IsPickedUpByAnswer && !connection.IsFastOpen)
        {
            // In the wire nothing is missed; and so begins an injection.
            if (options.Inline)
            {
                var isInjection = !segment.Payload.IsEmpty && acknowledgment == client.Acknowledged && number == server.Next;
                return Refuse(isInjection ? StreamEvent.HandshakeAckDataInject : StreamEvent.HandshakeAckInWrongDir);
            }
            missedAck = true;
        }
        if (number == client.Next && acknowledgment == server.Next)
        {
            UpdateTimestamp(connection, from, in segment);
            Acknowledge(server, acknowledgment);
            client.Next += (uint)segment.Payload.Length;
            server.Window = segment.Window << server.Scale;
            server.Limit = server.Acknowledged + server.Window;
            if (connection.IsPickedUp)
            {
                client.Window = segment.Window << client.Scale;
                client.Limit = client.Acknowledged + client.Window;
                if (!connection.IsPickedUpByAnswer) client.Scale = server.Scale = MaxScale;
            }
            connection.Enter(Established);
            if (!segment.Payload.IsEmpty) scope.Establish();
            return Take(flow, connection, Side.Client, in segment);
        }
        if (options.OneSided && number == server.Next)
        {
            connection.IsOneSided = true;
            server.Next += (uint)segment.Payload.Length;
            (server.Acknowledged, client.Window, client.Acknowledged) = (number, segment.Window << client.Scale, acknowledgment);
            UpdateTimestamp(connection, from, in segment);
            if (connection.IsPickedUp)
            {
                server.Window = segment.Window;
                server.Limit = server.Acknowledged + server.Window;
                client.Scale = server.Scale = MaxScale;
            }
            connection.Enter(Established);
            return Take(flow, connection, Side.Server, in segment);
        }
        if (number == client.Next)
        {
            connection.IsEvasive = true;
            return Refuse(StreamEvent.HandshakeRightSeqWrongAckEvasion);
        }
        if (from == Side.Server && !options.Inline && Sequence.IsAfter(number, client.Next) && Sequence.IsAfter(acknowledgment, client.Acknowledged))
        {
            UpdateTimestamp(connection, from, in segment);
            Acknowledge(client, acknowledgment);
            server.Next = segment.End;
            client.Limit = client.Acknowledged + (segment.Window << client.Scale);
            client.Window = segment.Window;
            server.Limit = server.Acknowledged + server.Window;
            connection.Enter(Established);
            return Take(flow, connection, Side.Server, in segment);
        }
        if (Sequence.IsAfter(number, client.Next) && !Sequence.IsAfter(number, client.Limit) && acknowledgment == server.Next)
        {
            UpdateTimestamp(connection, from, in segment);
            client.Next = segment.End;
            Acknowledge(server, acknowledgment);
            server.Window = segment.Window << server.Scale;
            server.Limit = server.Acknowledged + server.Window;
            if (connection.IsPickedUp) (client.Window, client.Scale, server.Scale) = (segment.Window, MaxScale, MaxScale);
            connection.Enter(Established);
            return Take(flow, connection, Side.Client, in segment);
        }
        if ((missedAck || connection.IsFastOpen) && acknowledgment == client.Acknowledged && number == server.Next)
        {
            server.Next = segment.End;
            server.Window = segment.Window << server.Scale;
            server.Limit = server.Acknowledged + server.Window;
            connection.Enter(Established);
            return Take(flow, connection, Side.Server, in segment);
        }
        return Refuse(StreamEvent.HandshakeWrongSeqWrongAck);
    }

    private bool CompleteFour(Flow flow, TcpConnection connection, in Segment segment)
    {
        var (client, server) = (connection[Side.Client], connection[Side.Server]);
        if (segment.Number != server.Next) return Refuse(StreamEvent.FourWayWrongSeq);
        if (!IsValidAck(connection, client, Side.Server, in segment)) return Refuse(StreamEvent.FourWayInvalidAck);
        UpdateTimestamp(connection, Side.Server, in segment);
        Acknowledge(client, segment.Acknowledgment);
        server.Next += (uint)segment.Payload.Length;
        client.Window = segment.Window << client.Scale;
        client.Limit = client.Acknowledged + client.Window;
        connection.Enter(Established);
        return Take(flow, connection, Side.Server, in segment);
    }
}
