using Demilune.Wire.Http1;

namespace Demilune.Wire.Tests.Http1;

/// <summary>A response is read as the most forgiving client reads it: what some client would show must not go by unjudged.</summary>
public sealed class LenientResponseTests
{
    private const string Chunks = "\r\n\r\n3\r\nevi\r\n1\r\nl\r\n0\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: xchunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: x \r\n chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: \0chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding\f:chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\n\rTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\rTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nX: y\r\n\tTransfer-Encoding: chunked" + Chunks)]
    [InlineData(" HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData(" \r\n\t\r\nHTTP/1.1 200 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData(" \r\n\r\nHTTP/1.1 200 ok\r\nTransfer-Encoding: chunked" + Chunks)]     // found by fuzzing: the blank line was skipped only where a piece began
    [InlineData("HTTP/1.1\0" + "200\0ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1 2000 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n\n4x\r\nevil\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n\v4 \r\nevil\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nxevil", "xevil")]
    [InlineData("HTTP/1.1 200 ok\r\nContent-Length: 4\n\t\nevil")]
    [InlineData(" \n\r\nHTTP/1.1 200 ok\r\nContent-Length: 4\r\n\r\nevil")]      // found by fuzzing: cut after the first line it read otherwise
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding\r\n :chunked" + Chunks)]
    [InlineData("HTTP/1.1 200 ok\r\nTransfer-Encoding\r\n :\r\n chunked" + Chunks)]
    [InlineData("HTTP/1.1 204 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData("HTTP/1.1 102 ok\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData(" foobar\r\nHTTP/1.1 200 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData(" \rHTTP/1.1 200 ok\r\nTransfer-Encoding: chunked" + Chunks)]
    [InlineData(" foobar\r\nevil\r\n", " foobar\r\nevil\r\n")]
    [InlineData("evil")]
    public void Its_body_is_found_however_it_is_cut(string response, string body = "evil")
    {
        var whole = HttpRecorder.Read(false, response);
        Assert.Contains($"body {body}", whole);
        foreach (var pieceLength in (int[])[1, 2, 3, 7]) Assert.Equal(whole, HttpRecorder.Read(false, response, pieceLength));
    }

    [Fact]
    public void A_request_is_not_read_so() =>
        Assert.Contains("!InvalidChunkSize", HttpRecorder.Read(true, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4x\r\nevil\r\n0\r\n\r\n"));
}
