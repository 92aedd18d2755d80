namespace Demilune.Wire.Mqtt;

/// <summary>One control packet, understood. Keeps a copy of the bytes; used again for other packets.</summary>
public sealed class MqttPacket
{
    /// <summary>Topics of one SUBSCRIBE, properties of one packet: more are not read. Suricata looks at 100 topics.</summary>
    private const int MaxItems = 256;

    private const int Version5 = 5;

    private byte[] _bytes = [];
    private readonly List<(MqttField Name, byte Qos)> _topics = [];
    private readonly List<MqttProperty> _properties = [];
    private readonly List<MqttProperty> _willProperties = [];

    public MqttType Type { get; private set; }
    public bool IsDuplicate { get; private set; }

    /// <summary>0 to 2; 3 does not exist, and is told.</summary>
    public int Qos { get; private set; }
    public bool Retain { get; private set; }

    /// <summary>Bytes that were not read because the packet was too long; 0 otherwise.</summary>
    public int SkippedLength { get; private set; }

    /// <summary>-1: it has none.</summary>
    public int MessageId { get; private set; }

    /// <summary>Reason or return code; -1: it has none.</summary>
    public int ReasonCode { get; private set; }
    public bool SessionPresent { get; private set; }

    /// <summary>Of a CONNECT (§3.1.2.3): user name 80, password 40, will retain 20, will QoS 18, will 4, clean session 2.</summary>
    public byte ConnectFlags { get; private set; }
    public byte ProtocolVersion { get; private set; }
    public MqttField ProtocolName { get; private set; }
    public MqttField ClientId { get; private set; }
    public MqttField Username { get; private set; }
    public MqttField Password { get; private set; }
    public MqttField WillTopic { get; private set; }
    public MqttField WillMessage { get; private set; }
    public MqttField Topic { get; private set; }
    public MqttField Message { get; private set; }

    /// <summary>Of a SUBACK the granted qualities, of an UNSUBACK the reasons: a byte each.</summary>
    public MqttField Codes { get; private set; }
    public IReadOnlyList<(MqttField Name, byte Qos)> Topics => _topics;
    public IReadOnlyList<MqttProperty> Properties => _properties;
    public IReadOnlyList<MqttProperty> WillProperties => _willProperties;

    public ReadOnlySpan<byte> this[MqttField field] => field.IsPresent ? _bytes.AsSpan(field.Start, field.Length) : default;

    /// <summary>The packet as it was.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public int Length { get; private set; }

    /// <summary>Bytes of the fixed header.</summary>
    public int HeaderLength { get; private set; }

    /// <param name="packet">With its fixed header.</param>
    /// <param name="skipped">Bytes that are not there (<see cref="MqttStreamReader"/>): then nothing but the header is read.</param>
    /// <param name="version">Of the connection; a CONNECT brings its own.</param>
    /// <returns>False: it is malformed; what was read before that is there.</returns>
    public bool TryRead(ReadOnlySpan<byte> packet, int skipped, byte version)
    {
        Clear();
        if (packet.Length < 2 || MqttInteger.TryRead(packet[1..], out _, out var lengthLength) != Detection.Yes) return false;
        if (_bytes.Length < packet.Length) _bytes = new byte[Math.Max(packet.Length, 64)];
        packet.CopyTo(_bytes);
        (Length, HeaderLength, SkippedLength) = (packet.Length, 1 + lengthLength, skipped);
        Type = (MqttType)(packet[0] >> 4);
        (IsDuplicate, Qos, Retain) = ((packet[0] & 8) != 0, packet[0] >> 1 & 3, (packet[0] & 1) != 0);
        if (skipped > 0) return true;
        var reader = new WireReader(packet[HeaderLength..]);
        ReadBody(ref reader, version);
        return !reader.Failed;
    }

    /// <summary>Keeps no more than so many bytes of the message: what rules had to see they have seen.</summary>
    public void Shorten(int length)
    {
        if (Message.Length <= length) return;
        Message = Message with { Length = length };
        if (_bytes.Length <= 64 + length + Message.Start) return;
        _bytes = _bytes[..(Message.Start + length)];
        Length = Math.Min(Length, _bytes.Length);
    }

    private void Clear()
    {
        _topics.Clear();
        _properties.Clear();
        _willProperties.Clear();
        (MessageId, ReasonCode, SessionPresent, ConnectFlags, ProtocolVersion, Length) = (-1, -1, false, 0, 0, 0);
        ProtocolName = ClientId = Username = Password = WillTopic = WillMessage = Topic = Message = Codes = MqttField.Absent;
    }

    private void ReadBody(ref WireReader reader, byte version)
    {
        var is5 = version == Version5;
        switch (Type)
        {
            case MqttType.Connect:
                ReadConnect(ref reader);
                break;
            case MqttType.ConnAck:
                SessionPresent = (reader.U8() & 1) != 0;
                ReasonCode = reader.U8();
                if (is5) ReadProperties(ref reader, _properties);
                break;
            case MqttType.Publish:
                Topic = Text(ref reader);
                if (Qos > 0) MessageId = reader.U16();
                if (is5) ReadProperties(ref reader, _properties);
                Message = Rest(ref reader);
                break;
            case MqttType.PubAck or MqttType.PubRec or MqttType.PubRel or MqttType.PubComp:
                MessageId = reader.U16();
                if (!is5) break;
                // §3.4.2.1: success may be left out, and so may properties.
                ReasonCode = reader.IsEmpty ? 0 : reader.U8();
                if (!reader.IsEmpty) ReadProperties(ref reader, _properties);
                break;
            case MqttType.Subscribe:
                MessageId = reader.U16();
                if (is5) ReadProperties(ref reader, _properties);
                while (!reader.IsEmpty && !reader.Failed) Add(Text(ref reader), reader.U8());
                break;
            case MqttType.Unsubscribe:
                MessageId = reader.U16();
                if (is5) ReadProperties(ref reader, _properties);
                while (!reader.IsEmpty && !reader.Failed) Add(Text(ref reader), 0);
                break;
            case MqttType.SubAck or MqttType.UnsubAck:
                MessageId = reader.U16();
                if (is5) ReadProperties(ref reader, _properties);
                Codes = Rest(ref reader);
                break;
            case MqttType.Disconnect when is5:
                ReasonCode = reader.IsEmpty ? 0 : reader.U8();
                if (!reader.IsEmpty) ReadProperties(ref reader, _properties);
                break;
            case MqttType.Auth:
                ReasonCode = reader.IsEmpty ? 0 : reader.U8();
                if (!reader.IsEmpty) ReadProperties(ref reader, _properties);
                break;
        }
    }

    private void ReadConnect(ref WireReader reader)
    {
        ProtocolName = Text(ref reader);
        ProtocolVersion = reader.U8();
        ConnectFlags = reader.U8();
        reader.U16();       // keep alive
        var hasWill = (ConnectFlags & 4) != 0;
        if (ProtocolVersion == Version5) ReadProperties(ref reader, _properties);
        ClientId = Text(ref reader);
        if (hasWill && ProtocolVersion == Version5) ReadProperties(ref reader, _willProperties);
        if (hasWill)
        {
            WillTopic = Text(ref reader);
            WillMessage = Text(ref reader);
        }
        if ((ConnectFlags & 0x80) != 0) Username = Text(ref reader);
        if ((ConnectFlags & 0x40) != 0) Password = Text(ref reader);
    }

    private void ReadProperties(ref WireReader reader, List<MqttProperty> into)
    {
        var length = MqttInteger.Read(ref reader);
        var start = Length - reader.Rest.Length;
        var properties = new WireReader(reader.Take(length));
        var total = properties.Rest.Length;
        while (!properties.IsEmpty && !properties.Failed)
        {
            var id = MqttInteger.Read(ref properties);
            var (number, text, key) = (0u, MqttField.Absent, MqttField.Absent);
            switch (id)
            {
                case 1 or 23 or 25 or 36 or 37 or 40 or 41 or 42: number = properties.U8(); break;
                case 19 or 33 or 34 or 35: number = properties.U16(); break;
                case 2 or 17 or 24 or 39: number = properties.U32(); break;
                case 11: number = (uint)MqttInteger.Read(ref properties); break;
                case MqttProperty.UserProperty:
                    key = Inner(ref properties, start, total);
                    text = Inner(ref properties, start, total);
                    break;
                case 3 or 8 or 9 or 18 or 21 or 22 or 26 or 28 or 31: text = Inner(ref properties, start, total); break;
                default: continue;      // unknown: nobody can tell how long its value is
            }
            if (!properties.Failed && into.Count < MaxItems) into.Add(new(id, number, text, key));
        }
        if (properties.Failed) reader.Take(int.MaxValue);
    }

    private static MqttField Inner(ref WireReader reader, int start, int total)
    {
        var length = reader.Vector16().Length;
        return new(start + total - reader.Rest.Length - length, length);
    }

    private MqttField Text(ref WireReader reader)
    {
        var length = reader.Vector16().Length;
        return reader.Failed ? MqttField.Absent : new(Length - reader.Rest.Length - length, length);
    }

    private MqttField Rest(ref WireReader reader)
    {
        if (reader.Failed) return MqttField.Absent;
        var length = reader.Rest.Length;
        return new(Length - length, length);
    }

    private void Add(MqttField topic, byte qos)
    {
        if (topic.IsPresent && _topics.Count < MaxItems) _topics.Add((topic, qos));
    }
}
