using Demilune.Inspection.Streams;
using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>What is told of HTTP in a capture: each name was seen of Suricata 7.0.10 with the same bytes.</summary>
public sealed class Http1InCapturesTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static Replay Told(string request, string response, HttpOptions? http = null)
    {
        var conversation = new Conversation();
        return new Replay("""alert http any any -> any any (http.uri; content:"/never"; sid:1;)""", prevent: false,
                new() { Inline = false, LogTransactions = true, Streams = new(), Http = http ?? new() })
            .Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, request)).Feed(conversation.Send(Side.Server, response))
            .Feed(conversation.Finish()).Finish();
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "")]
    [InlineData("GET /a HTTP/1.1\r\n\r\n", "MISSING_HOST_HEADER")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a!b\r\n\r\n", "REQUEST_HEADER_HOST_INVALID")]
    [InlineData("GET http://a!b/ HTTP/1.1\r\nHost: a\r\n\r\n", "REQUEST_URI_HOST_INVALID HOST_HEADER_AMBIGUOUS")]
    [InlineData("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "HOST_HEADER_AMBIGUOUS")]
    [InlineData("GET\t/a HTTP/1.1\r\nHost: a\r\n\r\n", "METHOD_DELIM_NON_COMPLIANT")]
    [InlineData("GET /a\tHTTP/1.1\r\nHost: a\r\n\r\n", "URI_DELIM_NON_COMPLIANT")]
    [InlineData("GET /a HTTP/1.1\r\n Fold: b\r\nHost: a\r\n\r\n", "INVALID_REQUEST_FIELD_FOLDING")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nfoo\r\n\r\n", "REQUEST_FIELD_MISSING_COLON")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nF(o): b\r\n\r\n", "REQUEST_HEADER_INVALID")]
    [InlineData("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Foo b\r\n\r\n", "REQUEST_AUTH_UNRECOGNIZED")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST")]
    [InlineData("POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST")]
    [InlineData("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n", "REQUEST_CHUNK_EXTENSION")]
    public void A_request_s_oddities_have_Suricata_s_names_and_no_others(string request, string expected) =>
        Assert.Equal(expected, string.Join(' ', Told(request, Ok).Anomalies.Select(name => name.Replace("http.", "", StringComparison.Ordinal)).Distinct()));

    [Theory]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "")]
    [InlineData("HTTP/1.1 99 OK\r\nContent-Length: 2\r\n\r\nok", "RESPONSE_INVALID_STATUS")]
    [InlineData("HTTP/1.1\0 200 OK\r\nContent-Length: 2\r\n\r\nok", "RESPONSE_INVALID_PROTOCOL")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RESPONSE_CHUNKED_OLD_PROTO")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "RESPONSE_ABNORMAL_TRANSFER_ENCODING")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 2\r\n\r\nok", "INVALID_RESPONSE_FIELD_FOLDING")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "RESPONSE_HEADER_INVALID")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok", "ABNORMAL_CE_HEADER")]
    [InlineData("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "100_CONTINUE_ALREADY_SEEN")]
    public void A_response_s_oddities_too(string response, string expected) =>
        Assert.Equal(expected, string.Join(' ', Told("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", response).Anomalies.Select(name => name.Replace("http.", "", StringComparison.Ordinal)).Distinct()));

    [Fact]
    public void What_is_behind_the_limit_of_a_body_is_not_looked_at()
    {
        var conversation = new Conversation();
        var replay = new Replay("""alert http any any -> any any (http.response_body; content:"evil"; sid:1;)""", prevent: false,
            new() { Inline = false, Streams = new(), Http = new() { ResponseBodyLimit = 4 } });
        replay.Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
            .Feed(conversation.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1234evil")).Feed(conversation.Finish()).Finish();
        Assert.Empty(replay.Alerts);
    }
}
