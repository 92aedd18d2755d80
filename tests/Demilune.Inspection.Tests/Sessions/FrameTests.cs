using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>Frames: pieces of protocols as they are on the wire.</summary>
public sealed class FrameTests
{
    private const string Request = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    private const string Response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("flow:to_server; frame:http1.request; content:\"POST /a\"; startswith;", true)]
    [InlineData("flow:to_server; frame:http1.request; content:\"body\"; endswith;", true)]
    [InlineData("flow:to_server; frame:http1.request; bsize:52;", true)]
    [InlineData("flow:to_client; frame:http1.response; content:\"200 OK\"; content:\"ok\"; endswith;", true)]
    [InlineData("flow:to_client; frame:http1.response; content:\"POST\";", false)]
    [InlineData("frame:http1.request; content:\"|0d 0a 0d 0a|\"; content:\"HTTP/1.1 200\";", false)]
    public void A_message_of_HTTP_is_a_frame_however_it_is_cut(string options, bool matches)
    {
        foreach (var pieceLength in (int[])[1, 7, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay($"alert http any any -> any any ({options} sid:1;)", prevent: false).Feed(talk.Handshake())
                .Feed(talk.Send(Side.Client, Request, pieceLength)).Feed(talk.Send(Side.Server, Response, pieceLength));
            Assert.Equal(matches ? [1u] : [], replay.Alerts);
        }
    }

    [Fact]
    public void Pipelined_requests_are_frames_of_their_own()
    {
        var talk = new Conversation();
        var replay = new Replay("alert http any any -> any any (frame:http1.request; content:\"GET\"; startswith; content:\"|0d 0a 0d 0a|\"; endswith; bsize:28; sid:1;)", prevent: false)
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.Equal([1u, 1u], replay.Alerts);
    }

    [Fact]
    public void A_rule_for_one_frame_does_not_look_into_another()
    {
        byte[] connect = [0x10, 14, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 2, .. "id"u8];
        var talk = new Conversation();
        var replay = new Replay(
            """
            alert mqtt any any -> any any (frame:pdu; content:"|10|"; startswith; content:"id"; endswith; sid:1;)
            alert mqtt any any -> any any (frame:header; content:"MQTT"; sid:2;)
            alert mqtt any any -> any any (frame:data; content:"|10|"; startswith; sid:3;)
            """, prevent: false).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, connect, 3));
        Assert.Equal([1u], replay.Alerts);
    }
}
