using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class MqttTests
{
    private static readonly byte[] s_connect = [0x10, 14, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 2, .. "id"u8];
    private static readonly byte[] s_connack = [0x20, 2, 0, 0];
    private static readonly byte[] s_publish = [0x30, 12, 0, 6, .. "valves"u8, .. "open"u8];

    [Fact]
    public void A_forbidden_topic_is_blocked_however_it_is_cut()
    {
        foreach (var piece in (int[])[1, 3, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay("drop mqtt any any -> any any (mqtt.type:PUBLISH; mqtt.publish.topic; content:\"valves\"; mqtt.publish.message; content:\"open\"; sid:1;)")
                .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, s_connect, piece)).Feed(talk.Send(Side.Server, s_connack, piece)).Feed(talk.Send(Side.Client, s_publish, piece));
            Assert.Equal([1u], replay.Alerts);
            Assert.Equal([DropReason.Rules], replay.Drops);
        }
    }

    [Fact]
    public void An_answer_belongs_to_the_transaction_of_what_it_answers()
    {
        var talk = new Conversation();
        var replay = new Replay("alert mqtt any any -> any any (mqtt.connect.clientid; content:\"id\"; mqtt.type:CONNACK; mqtt.reason_code:0; sid:1;)")
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, s_connect, 100)).Feed(talk.Send(Side.Server, s_connack, 100));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal(
            ["""mqtt 0 {"connect":{"qos":0,"retain":false,"dup":false,"protocol_string":"MQTT","protocol_version":4,"client_id":"id","flags":{"username":false,"password":false,"will_retain":false,"will":false,"clean_session":true}},"connack":{"qos":0,"retain":false,"dup":false,"session_present":false,"return_code":0}}"""],
            replay.Records);
    }

    [Fact]
    public void What_cannot_be_read_is_noticed_and_the_rest_is_a_stream()
    {
        var talk = new Conversation();
        var replay = new Replay("alert mqtt any any -> any any (app-layer-event:mqtt.malformed_traffic; sid:1;)")
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, (byte[])[.. s_connect, 0x30, 2, 0, 9], 100));
        Assert.Equal([1u], replay.Alerts);
        Assert.Contains("mqtt.malformed_traffic", replay.Anomalies);
    }
}
