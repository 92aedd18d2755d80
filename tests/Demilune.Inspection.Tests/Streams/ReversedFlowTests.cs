using Demilune.Inspection.Streams;
using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Streams;

/// <summary>A capture that begins in the middle may begin with the server: what is said tells who is who.</summary>
public sealed class ReversedFlowTests
{
    private static Replay Begun(string rules) => new(rules, prevent: false, new() { Inline = false, LogFlows = true, Streams = new() { MidStream = true } });

    [Fact]
    public void Whoever_begins_with_an_answer_is_the_server()
    {
        var conversation = new Conversation();
        var replay = Begun("""
            alert http any any -> any 8080 (flow:to_server; http.uri; content:"/next"; sid:1;)
            alert http any 8080 -> any any (flow:to_client; http.stat_code; content:"200"; sid:2;)
            """);
        replay.Feed(conversation.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        replay.Feed(conversation.Send(Side.Client, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
        replay.Feed(conversation.Send(Side.Server, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")).Finish();
        Assert.Equal([1u, 2u], replay.Alerts.Order());
        Assert.Contains("http.UNABLE_TO_MATCH_RESPONSE_TO_REQUEST", replay.Anomalies);
        Assert.Contains("GET /next 404 0", replay.Transactions);
    }

    [Fact]
    public void A_connection_that_was_seen_to_begin_has_its_client_already()
    {
        var conversation = new Conversation();
        var replay = Begun("alert http any any -> any any (sid:1;)");
        replay.Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).Finish();
        Assert.Empty(replay.Alerts);
    }
}
