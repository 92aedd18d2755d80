using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Mqtt;

namespace Demilune.Inspection.Sessions.Mqtt;

/// <summary>MQTT 3.1, 3.1.1 and 5 over TCP.</summary>
internal static class MqttProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Mqtt,
        OfStream = static (from, bytes) => from == Side.Client ? MqttDetection.OfClient(bytes) : Wire.Detection.No,
        Ports = [1883],
        AtPort = static (_, bytes) => MqttDetection.OfAny(bytes),
        Buffers = [.. Enum.GetValues<BufferId>().Where(id => id is >= BufferId.MqttConnectClientId and <= BufferId.MqttProtocolVersion)],
        Events =
        [
            "mqtt.missing_connect", "mqtt.missing_publish", "mqtt.missing_subscribe", "mqtt.missing_unsubscribe", "mqtt.double_connect", "mqtt.unintroduced_message",
            "mqtt.invalid_qos_level", "mqtt.missing_msg_id", "mqtt.unassigned_msg_type", "mqtt.too_many_transactions", "mqtt.malformed_traffic",
        ],
        Open = static (options, _, detector) => new MqttSession(options, detector),
    };
}
