using System.IO.Compression;
using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public class HttpTricksTests
{
    private const string Rules = """drop http any any -> any any (msg:"attack"; flow:established,to_server; http.uri; content:"/attack"; sid:1;)""";

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /attack HTTP/1.1\r\nHost: x\r\n\r\n", "http.transfer_encoding_and_content_length")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc", "http.conflicting_content_length")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "http.INVALID_REQUEST_CHUNK_LEN")]
    public void A_request_that_means_two_things_is_blocked(string request, string anomaly)
    {
        foreach (var pieceLength in (int[])[1, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, request, pieceLength));
            Assert.Contains(anomaly, replay.Anomalies);
            Assert.Equal([DropReason.Ambiguous], replay.Drops);
            Assert.Equal(2, replay.Injected.Count);
        }
    }

    [Fact]
    public void A_connection_whose_SYN_went_by_unseen_is_judged_from_its_first_byte()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake().Skip(1)).Feed(talk.Send(Side.Client, "GET /attack HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.Equal([1u], replay.Alerts);
        Assert.Empty(replay.Anomalies);
    }

    /// <summary>Each prefilter keeps its own tail: file.data once borrowed that of a buffer which no rule looked into, and saw no seam.</summary>
    [Fact]
    public void A_content_in_many_chunks_is_found_by_a_rule_that_looks_into_files_only()
    {
        const string rule = """alert http any any -> any any (msg:"file"; flow:established,to_client; file.data; content:"EICAR-STANDARD-ANTIVIRUS"; sid:2;)""";
        var talk = new Conversation();
        var replay = new Replay(rule).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /dir/x%2eexe?q HTTP/1.1\r\nHost: x\r\n\r\n"));
        replay.Feed(talk.Send(Side.Server, "HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nEICAR\r\n9\r\n-STANDARD\r\na\r\n-ANTIVIRUS\r\n0\r\n\r\n"));
        Assert.Equal([2u], replay.Alerts);
        Assert.Equal(["/dir/x.exe Closed 24"], replay.Files);
    }

    [Theory]
    [InlineData("attachment; filename=\"a;b.txt\"; x=y", "a;b.txt")]
    [InlineData("attachment;FileName = plain.txt", "plain.txt")]
    [InlineData("inline", "/up")]
    [InlineData("attachment; filename=\"open", "open")]
    public void A_file_is_called_what_its_sender_calls_it(string disposition, string name)
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /up HTTP/1.1\r\nHost: x\r\n\r\n"));
        replay.Feed(talk.Send(Side.Server, $"HTTP/1.1 200 ok\r\nContent-Disposition: {disposition}\r\nContent-Length: 2\r\n\r\nab"));
        Assert.Equal([$"{name} Closed 2"], replay.Files);
    }

    [Fact]
    public void Pipelined_requests_are_each_judged_in_one_segment()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        replay.Feed(talk.Next(Side.Client, Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /attack HTTP/1.1\r\nHost: x\r\n\r\n")));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void Responses_find_their_pipelined_requests()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        replay.Feed(talk.Send(Side.Client, "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"));
        replay.Feed(talk.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx"));
        Assert.Equal(["HEAD /a 200 0", "GET /b 404 1"], replay.Transactions);
    }

    [Fact]
    public void A_body_is_judged_to_its_end_although_the_response_came_before()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop http any any -> any any (msg:"attack"; flow:established,to_server; http.request_body; content:"ATTACK"; sid:3;)""").Feed(talk.Handshake());
        replay.Feed(talk.Send(Side.Client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nharmless"));
        replay.Feed(talk.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void A_bomb_is_refused()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
            for (var i = 0; i < 8; i++) gzip.Write(new byte[1 << 20]);
        var body = compressed.ToArray();
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        replay.Feed(talk.Send(Side.Client, $"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {body.Length}\r\n\r\n")).Feed(talk.Send(Side.Client, body));
        Assert.Contains("http.COMPRESSION_BOMB", replay.Anomalies);
        Assert.Equal(DropReason.Ambiguous, replay.Drops[0]);
        Assert.True(replay.Inspector.Statistics.BytesHeld < 1 << 20);
    }

    [Fact]
    public void After_an_upgrade_the_rest_is_a_plain_stream()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop tcp any any -> any any (msg:"attack"; flow:established; content:"ATTACK"; sid:2;)""").Feed(talk.Handshake());
        replay.Feed(talk.Send(Side.Client, "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"));
        replay.Feed(talk.Send(Side.Server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"));
        replay.Feed(talk.Send(Side.Client, "\x81\x05GET /"));
        Assert.Empty(replay.Anomalies);
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void A_flow_that_is_not_HTTP_is_released_when_both_sides_have_reached_the_depth()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules + "\n" + """alert tcp any any -> any any (msg:"stream"; flow:established; content:"never there"; sid:99;)""", options: new() { StreamDepth = 100_000 }).Feed(talk.Handshake());
        replay.Feed(talk.Send(Side.Client, new byte[200_000]));
        Assert.Equal(Verdict.Forward, replay.Verdicts[^1]);
        replay.Feed(talk.Send(Side.Server, new byte[200_000]));
        Assert.Equal(Verdict.Release, replay.Verdicts[^1]);
        Assert.Equal(0, replay.Inspector.Statistics.BytesHeld);
    }

    [Fact]
    public void A_body_past_the_window_is_still_looked_at_across_every_seam()
    {
        const string BodyRules = """drop http any any -> any any (msg:"x"; flow:established,to_server; http.request_body; content:"first-part"; content:"second-part"; distance:0; within:100; sid:9;)""";
        foreach (var pieceLength in (int[])[997, 1460, 60_000])
        {
            var talk = new Conversation();
            var replay = new Replay(BodyRules).Feed(talk.Handshake());
            var body = Encoding.ASCII.GetBytes(new string('.', 400_000) + "first-part 1234 second-part" + new string('.', 50_000));
            replay.Feed(talk.Send(Side.Client, $"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n")).Feed(talk.Send(Side.Client, body, pieceLength));
            Assert.Equal([9u], replay.Alerts);
        }
    }
}
