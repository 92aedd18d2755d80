using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Mqtt;

namespace Demilune.Inspection.Sessions.Mqtt;

/// <summary>One connection. A transaction is a packet with the packets that answer it (MQTT 5.0 §4.3): PUBLISH with PUBACK, or with PUBREC, PUBREL and PUBCOMP …</summary>
internal sealed class MqttSession(InspectorOptions options, Detector detector) : IProtocolSession
{
    /// <summary>Transactions that wait for an answer. A broker's receive maximum is mostly 20 to 100; when full, the oldest is closed and told.</summary>
    private const int MaxOpen = 256;

    /// <summary>Bytes of a message that are kept for the log while its transaction waits.</summary>
    private const int MaxKeptMessage = 4096;

    /// <summary>Captures: records tell it whole.</summary>
    private const int MaxToldMessage = 128 << 10;

    private const int ConnectId = -2;

    private readonly MqttStreamReader[] _readers = [new(), new()];
    private readonly List<MqttTransaction> _open = [];
    private readonly Stack<MqttTransaction> _spare = new();
    private readonly Stack<MqttPacket> _sparePackets = new();
    private RuleSet _rules = RuleSet.Empty;
    private MqttTransaction? _current;
    private int _transactions;
    private byte _version;
    private bool _isConnected;
    private bool _isOver;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        Clear();
        _rules = rules;
        (_transactions, _version, _isConnected, _isOver) = (0, 0, false, false);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var reader = _readers[(int)from];
        var length = bytes.Length;
        while (!_isOver && reader.TryRead(ref bytes, out var packet, out var skipped)) Take(packet, skipped, length - bytes.Length);
        if (reader.IsBroken) GiveUp(null);
    }

    public void Close(Side from)
    {
        if (from == Side.Client) return;
        // Both have been closed now, or will be in a moment: what waits is told as it is.
        while (_open.Count > 0) End(_open[0]);
    }

    public void Clear()
    {
        foreach (var reader in _readers) reader.Reset();
        foreach (var transaction in _open) Recycle(transaction);
        _open.Clear();
        _current = null;
    }

    public bool IsOver(Side from) => _isOver;

    public IMessageBuffers? Message(Side from) => _current;

    private void Take(ReadOnlySpan<byte> bytes, int skipped, int end)
    {
        if (!_sparePackets.TryPop(out var packet)) packet = new();
        if (!packet.TryRead(bytes, skipped, _version))
        {
            GiveUp(packet);
            return;
        }
        if (packet.Type == MqttType.Connect) _version = packet.ProtocolVersion;
        var answered = skipped > 0 ? null : AnsweredBy(packet);
        var transaction = answered ?? Open();
        transaction.Add(packet, _version);
        _current = transaction;
        Inspect(transaction, packet);
        detector.Frame(FrameType.MqttPdu, bytes, end, transaction, transaction);
        detector.Frame(FrameType.MqttHeader, bytes[..packet.HeaderLength], end - bytes.Length + packet.HeaderLength, transaction, transaction);
        if (bytes.Length > packet.HeaderLength) detector.Frame(FrameType.MqttData, bytes[packet.HeaderLength..], end, transaction, transaction);
        if (skipped == 0) Judge(transaction, packet, answered is not null);
        var ends = IsEnd(packet, answered is not null, skipped);
        packet.Shorten(options.Streams is null ? MaxKeptMessage : MaxToldMessage);
        if (ends) End(transaction);
        if (_open.Count > MaxOpen)
        {
            detector.Notice("mqtt.too_many_transactions", _open[0], _open[0], _open[0].Pending);
            End(_open[0]);
        }
    }

    /// <summary>Nothing that follows can be trusted to be understood.</summary>
    private void GiveUp(MqttPacket? packet)
    {
        if (_isOver) return;
        _isOver = true;
        var transaction = Open();
        if (packet is not null) _sparePackets.Push(packet);
        detector.Notice("mqtt.malformed_traffic", transaction, transaction, transaction.Pending);
        if (options.LogTransactions && options.Streams is not null) Tell(transaction);
        _open.Remove(transaction);
        Recycle(transaction);
        while (_open.Count > 0) End(_open[0]);
    }

    private MqttTransaction Open()
    {
        if (!_spare.TryPop(out var transaction)) transaction = new();
        transaction.Begin(_transactions++);
        transaction.BegunBy = detector.Scope.From;
        _open.Add(transaction);
        return transaction;
    }

    private MqttTransaction? AnsweredBy(MqttPacket packet)
    {
        var id = packet.Type switch
        {
            MqttType.ConnAck => ConnectId,
            MqttType.PubAck or MqttType.PubRec or MqttType.PubRel or MqttType.PubComp or MqttType.SubAck or MqttType.UnsubAck => packet.MessageId,
            _ => -1,
        };
        if (id == -1) return null;
        foreach (var open in _open)
            if (open.PacketId == id) return open;
        return null;
    }

    private void Inspect(MqttTransaction transaction, MqttPacket packet)
    {
        transaction.OfferOnly(packet);
        foreach (var id in MqttProtocol.Definition.Buffers)
        {
            if (!_rules.Inspects(id, FlowDirections.ToServer) && !_rules.Inspects(id, FlowDirections.ToClient)) continue;
            for (var instance = 0; transaction.TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        }
        transaction.OfferOnly(null);
        detector.Keep(transaction.Pending, long.MaxValue);
        detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
    }

    /// <summary>What is odd about a packet at this time, and what it changes.</summary>
    private void Judge(MqttTransaction transaction, MqttPacket packet, bool answers)
    {
        switch (packet.Type)
        {
            case MqttType.Unassigned:
                Notice("mqtt.unassigned_msg_type");
                return;
            case MqttType.Connect:
                transaction.PacketId = ConnectId;
                if (_isConnected) Notice("mqtt.double_connect");
                return;
            case MqttType.ConnAck:
                if (answers) _isConnected = true;
                else Notice("mqtt.missing_connect");
                return;
            case MqttType.Publish or MqttType.Subscribe or MqttType.Unsubscribe:
                if (packet.Qos == 3) Notice("mqtt.invalid_qos_level");
                else if (packet.Qos > 0) transaction.PacketId = packet.MessageId;
                break;
            case MqttType.PubAck or MqttType.PubRec or MqttType.PubRel or MqttType.PubComp when !answers: Notice("mqtt.missing_publish"); break;
            case MqttType.SubAck when !answers: Notice("mqtt.missing_subscribe"); break;
            case MqttType.UnsubAck when !answers: Notice("mqtt.missing_unsubscribe"); break;
        }
        if (!_isConnected && !answers) Notice("mqtt.unintroduced_message");

        void Notice(string name) => detector.Notice(name, transaction, transaction, transaction.Pending);
    }

    private static bool IsEnd(MqttPacket packet, bool answers, int skipped) => skipped > 0 || packet.Type switch
    {
        MqttType.Connect => false,
        MqttType.Publish or MqttType.Subscribe or MqttType.Unsubscribe => packet.Qos == 0,
        MqttType.PubRec or MqttType.PubRel => !answers,
        _ => true,
    };

    private void End(MqttTransaction transaction)
    {
        _open.Remove(transaction);
        if (_current == transaction) _current = null;
        if (options.LogTransactions && (transaction.HasRecord || options.Streams is not null)) Tell(transaction);
        Recycle(transaction);
    }

    private void Tell(MqttTransaction transaction) =>
        detector.Scope.TellRecord(transaction.RecordType, transaction.Number, transaction.Record, transaction.BegunBy);

    private void Recycle(MqttTransaction transaction)
    {
        foreach (var packet in transaction.Packets) _sparePackets.Push(packet);
        transaction.Clear();
        _spare.Push(transaction);
    }
}
