namespace Demilune.Wire.Mqtt;

/// <summary>Kinds of MQTT control packets (MQTT 5.0 §2.1.2).</summary>
public enum MqttType : byte
{
    Unassigned, Connect, ConnAck, Publish, PubAck, PubRec, PubRel, PubComp, Subscribe, SubAck, Unsubscribe, UnsubAck, PingReq, PingResp, Disconnect, Auth,
}
