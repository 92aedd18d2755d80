using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Wire.Mqtt;

namespace Demilune.Inspection.Sessions.Mqtt;

/// <summary>A packet and what answers it: what rules look into and what is logged.</summary>
internal sealed class MqttTransaction : ITransaction, IMessageBuffers
{
    private readonly List<MqttPacket> _packets = [];
    private readonly MqttFields _fields;
    private readonly byte[] _number = new byte[sizeof(long)];
    private MqttPacket? _only;
    private byte _version;

    public MqttTransaction() => _fields = new(_packets);

    public int Number { get; private set; }
    public string RecordType => "mqtt";
    public IRecordFields Record => _fields;
    public PendingSignatures Pending { get; } = new();

    /// <summary>By which an answer finds it; -1: none is waited for.</summary>
    public int PacketId { get; set; }

    public IReadOnlyList<MqttPacket> Packets => _packets;

    /// <summary>Who has sent its first packet: records are told from there.</summary>
    public Side BegunBy { get; set; }

    /// <summary>There is something to log.</summary>
    public bool HasRecord => _packets.Count > 0 && _packets[0].Type != MqttType.Unassigned;

    public void Begin(int number) => (Number, PacketId) = (number, -1);

    public void Add(MqttPacket packet, byte version)
    {
        _packets.Add(packet);
        _version = version;
    }

    /// <summary>The others' buffers have been offered already.</summary>
    public void OfferOnly(MqttPacket? packet) => _only = packet;

    public void Clear()
    {
        _packets.Clear();
        Pending.Clear();
        _only = null;
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (id == BufferId.MqttProtocolVersion) return instance == 0 && Give(_version, out view);
        foreach (var packet in _packets)
        {
            if (_only is not null && packet != _only) continue;
            var count = Count(id, packet);
            if (instance < count) return Give(id, packet, instance, out view);
            instance -= count;
        }
        return false;
    }

    private static int Count(BufferId id, MqttPacket packet) => id switch
    {
        BufferId.MqttType or BufferId.MqttFlags or BufferId.MqttQos => 1,
        BufferId.MqttReasonCode when packet.Type is MqttType.SubAck or MqttType.UnsubAck => Math.Max(packet.Codes.Length, 0),
        BufferId.MqttReasonCode => packet.ReasonCode >= 0 ? 1 : 0,
        BufferId.MqttSessionPresent => packet.Type == MqttType.ConnAck ? 1 : 0,
        BufferId.MqttConnectFlags => packet.Type == MqttType.Connect ? 1 : 0,
        BufferId.MqttSubscribeTopic => packet.Type == MqttType.Subscribe ? packet.Topics.Count : 0,
        BufferId.MqttUnsubscribeTopic => packet.Type == MqttType.Unsubscribe ? packet.Topics.Count : 0,
        _ => Field(id, packet).Length > 0 ? 1 : 0,
    };

    private static MqttField Field(BufferId id, MqttPacket packet) => id switch
    {
        BufferId.MqttConnectClientId => packet.ClientId,
        BufferId.MqttConnectUsername => packet.Username,
        BufferId.MqttConnectPassword => packet.Password,
        BufferId.MqttConnectWillTopic => packet.WillTopic,
        BufferId.MqttConnectWillMessage => packet.WillMessage,
        BufferId.MqttConnectProtocolString => packet.ProtocolName,
        BufferId.MqttPublishTopic => packet.Topic,
        BufferId.MqttPublishMessage => packet.Message,
        _ => MqttField.Absent,
    };

    private bool Give(BufferId id, MqttPacket packet, int instance, out BufferView view)
    {
        switch (id)
        {
            case BufferId.MqttType: return Give((byte)packet.Type, out view);
            case BufferId.MqttFlags: return Give((packet.Retain ? 1 : 0) | (packet.IsDuplicate ? 2 : 0), out view);
            case BufferId.MqttQos: return Give(packet.Qos, out view);
            case BufferId.MqttReasonCode: return Give(packet.Codes.IsPresent ? packet[packet.Codes][instance] : packet.ReasonCode, out view);
            case BufferId.MqttSessionPresent: return Give(packet.SessionPresent ? 1 : 0, out view);
            case BufferId.MqttConnectFlags: return Give(packet.ConnectFlags, out view);
            case BufferId.MqttSubscribeTopic or BufferId.MqttUnsubscribeTopic: view = new(packet[packet.Topics[instance].Name]); break;
            default: view = new(packet[Field(id, packet)]); break;
        }
        return true;
    }

    private bool Give(long number, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return true;
    }
}
