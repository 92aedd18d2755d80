using Demilune.Wire.Http1;

namespace Demilune.Wire.Tests.Http1;

public class Http1ParserTests
{
    [Fact]
    public void Pipelined_requests_come_one_after_the_other() => Assert.Equal(
        ["GET /a [Host=x]", "end", "POST /b [Host=x|Content-Length=3]", "body abc", "end", "GET /c [Host=x]", "end"],
        HttpRecorder.Read(true, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /c HTTP/1.1\r\nHost: x\r\n\r\n"));

    [Fact]
    public void Chunks_lose_their_framing_and_trailers_end_the_message() => Assert.Equal(
        ["POST / [Host=x|Transfer-Encoding=chunked]", "body hello world", "end", "GET / [Host=x]", "end"],
        HttpRecorder.Read(true, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n006\r\n world\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"));

    [Fact]
    public void Interim_responses_come_before_the_final_one() => Assert.Equal(
        ["100 Continue []", "103 Early Hints [Link=a]", "200 OK [Content-Length=1]", "body x", "end"],
        HttpRecorder.Read(false, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", Http1RequestKind.Ordinary)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Http1RequestKind.Ordinary)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Http1RequestKind.Head)]
    public void Responses_without_a_body_end_with_their_head(string response, Http1RequestKind kind) =>
        Assert.Equal(["end", "200 OK [Content-Length=0]", "end"], HttpRecorder.Read(false, response + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", answered: kind).Skip(1));

    [Fact]
    public void A_body_without_a_length_ends_with_the_connection() =>
        Assert.Equal(["200 OK []", "body all of it", "end"], HttpRecorder.Read(false, "HTTP/1.1 200 OK\r\n\r\nall of it"));

    [Fact]
    public void After_an_upgrade_nothing_is_HTTP_any_more() =>
        Assert.Equal(["101 Switching [Upgrade=websocket]", "end"], HttpRecorder.Read(false, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"));

    [Fact]
    public void A_folded_field_is_joined_by_spaces() =>
        Assert.Contains("GET / [Host=x|A=b     c|D=e]", HttpRecorder.Read(true, "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n \t c\r\nD: e\r\n\r\n").Select(e => e.Replace('\t', ' ')));

    [Fact]
    public void A_request_without_a_version_ends_with_its_line() =>
        Assert.Equal(["!NoVersion", "GET /x []", "end", "!NoVersion", "GET /y []", "end"], HttpRecorder.Read(true, "GET /x\r\nGET /y\r\n"));

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Http1Anomaly.TransferEncodingAndContentLength)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", Http1Anomaly.ConflictingContentLength)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 4\r\n\r\nabc", Http1Anomaly.ConflictingContentLength)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", Http1Anomaly.InvalidContentLength)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc", Http1Anomaly.InvalidContentLength)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", Http1Anomaly.UnknownTransferEncoding)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", Http1Anomaly.ChunkedNotFinal)]
    [InlineData("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Http1Anomaly.TransferEncodingInHttp10)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Http1Anomaly.SpaceBeforeColon)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", Http1Anomaly.RepeatedHost)]
    [InlineData("GET / HTTP/1.1\r\nHost x\r\n\r\n", Http1Anomaly.MissingColon)]
    [InlineData("GET / HTTP/1.1\r\nHo\0st: x\r\n\r\n", Http1Anomaly.NullInHead)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", Http1Anomaly.InvalidChunkSize)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", Http1Anomaly.InvalidChunkSize)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", Http1Anomaly.InvalidChunkSize)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n", Http1Anomaly.ChunkLineFeed)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", Http1Anomaly.MissingChunkEnd)]
    public void What_two_receivers_may_read_differently_is_ambiguous(string request, Http1Anomaly anomaly)
    {
        Assert.Contains($"!{anomaly}", HttpRecorder.Read(true, request));
        Assert.True(anomaly.IsAmbiguous());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: x\n\n", Http1Anomaly.BareLineFeed)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;n=v\r\nabc\r\n0\r\n\r\n", Http1Anomaly.ChunkExtension)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na", Http1Anomaly.RepeatedContentLength)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", Http1Anomaly.MissingHost)]
    [InlineData("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", Http1Anomaly.InvalidRequestLine)]
    [InlineData("GET / HTTP/1.7\r\nHost: x\r\n\r\n", Http1Anomaly.UnknownVersion)]
    public void What_is_odd_but_means_one_thing_is_told_only(string request, Http1Anomaly anomaly)
    {
        Assert.Contains($"!{anomaly}", HttpRecorder.Read(true, request));
        Assert.False(anomaly.IsAmbiguous());
    }

    [Fact]
    public void A_head_that_never_ends_stops_at_the_limit()
    {
        var events = HttpRecorder.Read(true, "GET / HTTP/1.1\r\n" + new string('a', 100_000));
        Assert.Equal(["!HeadTooLong"], events);
    }

    [Fact]
    public void An_anomaly_has_the_name_that_events_carry() =>
        Assert.Equal("http.transfer_encoding_and_content_length", Http1Anomaly.TransferEncodingAndContentLength.Name());
}
