using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Mqtt;

namespace Demilune.Inspection.Sessions.Mqtt;

/// <summary>EVE's <c>mqtt</c> object: one inside it for each packet, by its kind.</summary>
internal sealed class MqttFields(List<MqttPacket> packets) : IRecordFields
{
    private readonly EveText _text = new();
    private readonly EveText _name = new();

    public void Write(Utf8JsonWriter json)
    {
        foreach (var packet in packets)
        {
            if (packet.Type == MqttType.Unassigned) continue;
            json.WriteStartObject(NameOf(packet.Type));
            json.WriteNumber("qos"u8, packet.Qos);
            json.WriteBoolean("retain"u8, packet.Retain);
            json.WriteBoolean("dup"u8, packet.IsDuplicate);
            if (packet.SkippedLength > 0)
            {
                json.WriteBoolean("truncated"u8, true);
                json.WriteNumber("skipped_length"u8, packet.SkippedLength);
            }
            else
            {
                WriteBody(json, packet);
                WriteProperties(json, packet, packet.Properties);
            }
            json.WriteEndObject();
        }
    }

    private static string NameOf(MqttType type) => type switch
    {
        MqttType.Connect => "connect",
        MqttType.ConnAck => "connack",
        MqttType.Publish => "publish",
        MqttType.PubAck => "puback",
        MqttType.PubRec => "pubrec",
        MqttType.PubRel => "pubrel",
        MqttType.PubComp => "pubcomp",
        MqttType.Subscribe => "subscribe",
        MqttType.SubAck => "suback",
        MqttType.Unsubscribe => "unsubscribe",
        MqttType.UnsubAck => "unsuback",
        MqttType.PingReq => "pingreq",
        MqttType.PingResp => "pingresp",
        MqttType.Disconnect => "disconnect",
        _ => "auth",
    };

    private void WriteBody(Utf8JsonWriter json, MqttPacket packet)
    {
        if (packet.MessageId >= 0 && packet.Type != MqttType.Publish) json.WriteNumber("message_id"u8, packet.MessageId);
        switch (packet.Type)
        {
            case MqttType.Connect:
                WriteConnect(json, packet);
                break;
            case MqttType.ConnAck:
                json.WriteBoolean("session_present"u8, packet.SessionPresent);
                json.WriteNumber("return_code"u8, packet.ReasonCode);
                break;
            case MqttType.Publish:
                WriteText(json, "topic"u8, packet, packet.Topic);
                if (packet.MessageId >= 0) json.WriteNumber("message_id"u8, packet.MessageId);
                WriteText(json, "message"u8, packet, packet.Message);
                break;
            case MqttType.Subscribe:
                json.WriteStartArray("topics"u8);
                foreach (var (name, qos) in packet.Topics)
                {
                    json.WriteStartObject();
                    WriteText(json, "topic"u8, packet, name);
                    json.WriteNumber("qos"u8, qos);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                break;
            case MqttType.Unsubscribe:
                json.WriteStartArray("topics"u8);
                foreach (var (name, _) in packet.Topics) json.WriteStringValue(_text.Of(packet[name]));
                json.WriteEndArray();
                break;
            case MqttType.SubAck:
                WriteCodes(json, "qos_granted"u8, packet);
                break;
            case MqttType.UnsubAck when packet.Codes.Length > 0:
                WriteCodes(json, "reason_codes"u8, packet);
                break;
            // Suricata 7 tells 0 where the code stands without properties, and its readers know it so; rules see what was said.
            case MqttType.Disconnect when packet.ReasonCode > 0 && packet.Length == packet.HeaderLength + 1:
                json.WriteNumber("reason_code"u8, 0);
                break;
            case MqttType.PubAck or MqttType.PubRec or MqttType.PubRel or MqttType.PubComp or MqttType.Disconnect or MqttType.Auth when packet.ReasonCode >= 0:
                json.WriteNumber("reason_code"u8, packet.ReasonCode);
                break;
        }
    }

    private void WriteConnect(Utf8JsonWriter json, MqttPacket packet)
    {
        WriteText(json, "protocol_string"u8, packet, packet.ProtocolName);
        json.WriteNumber("protocol_version"u8, packet.ProtocolVersion);
        WriteText(json, "client_id"u8, packet, packet.ClientId);
        json.WriteStartObject("flags"u8);
        json.WriteBoolean("username"u8, (packet.ConnectFlags & 0x80) != 0);
        json.WriteBoolean("password"u8, (packet.ConnectFlags & 0x40) != 0);
        json.WriteBoolean("will_retain"u8, (packet.ConnectFlags & 0x20) != 0);
        json.WriteBoolean("will"u8, (packet.ConnectFlags & 4) != 0);
        json.WriteBoolean("clean_session"u8, (packet.ConnectFlags & 2) != 0);
        json.WriteEndObject();
        if (packet.Username.IsPresent) WriteText(json, "username"u8, packet, packet.Username);
        if (packet.Password.IsPresent) WriteText(json, "password"u8, packet, packet.Password);
        if ((packet.ConnectFlags & 4) == 0) return;
        json.WriteStartObject("will"u8);
        WriteText(json, "topic"u8, packet, packet.WillTopic);
        WriteText(json, "message"u8, packet, packet.WillMessage);
        WriteProperties(json, packet, packet.WillProperties);
        json.WriteEndObject();
    }

    private static void WriteCodes(Utf8JsonWriter json, ReadOnlySpan<byte> name, MqttPacket packet)
    {
        json.WriteStartArray(name);
        foreach (var code in packet[packet.Codes]) json.WriteNumberValue(code);
        json.WriteEndArray();
    }

    private void WriteProperties(Utf8JsonWriter json, MqttPacket packet, IReadOnlyList<MqttProperty> properties)
    {
        if (properties.Count == 0) return;
        json.WriteStartObject("properties"u8);
        foreach (var property in properties)
        {
            if (property.Id == MqttProperty.UserProperty) json.WriteString(_name.Of(packet[property.Key]), _text.Of(packet[property.Text]));
            else if (property.IsNumber) json.WriteNumber(NameOf(property.Id), property.Number);
            else json.WriteString(NameOf(property.Id), _text.Of(packet[property.Text]));
        }
        json.WriteEndObject();
    }

    /// <summary>MQTT 5.0 §2.2.2.2.</summary>
    private static string NameOf(int property) => property switch
    {
        1 => "payload_format_indicator",
        2 => "message_expiry_interval",
        3 => "content_type",
        8 => "response_topic",
        9 => "correlation_data",
        11 => "subscription_identifier",
        17 => "session_expiry_interval",
        18 => "assigned_client_identifier",
        19 => "server_keep_alive",
        21 => "authentication_method",
        22 => "authentication_data",
        23 => "request_problem_information",
        24 => "will_delay_interval",
        25 => "request_response_information",
        26 => "response_information",
        28 => "server_reference",
        31 => "reason_string",
        33 => "receive_maximum",
        34 => "topic_alias_maximum",
        35 => "topic_alias",
        36 => "maximum_qos",
        37 => "retain_available",
        39 => "maximum_packet_size",
        40 => "wildcard_subscription_available",
        41 => "subscription_identifier_available",
        _ => "shared_subscription_available",
    };

    private void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, MqttPacket packet, MqttField field) => json.WriteString(name, _text.Of(packet[field]));
}
