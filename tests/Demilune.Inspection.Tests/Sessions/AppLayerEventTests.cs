using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class AppLayerEventTests
{
    private const string Request = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";

    [Theory]
    [InlineData("flow:to_server; app-layer-event:http.invalid_request_chunk_len;", true)]
    [InlineData("app-layer-event:http.INVALID_REQUEST_CHUNK_LEN;", true)]
    [InlineData("flow:to_client; app-layer-event:http.invalid_request_chunk_len;", true)]
    [InlineData("http.uri; content:\"/x\"; app-layer-event:http.invalid_request_chunk_len;", true)]
    [InlineData("http.uri; content:\"/y\"; app-layer-event:http.invalid_request_chunk_len;", false)]
    [InlineData("app-layer-event:http.invalid_response_chunk_len;", false)]
    public void A_rule_may_ask_for_what_a_parser_notices(string options, bool matches)
    {
        var talk = new Conversation();
        var replay = new Replay($"alert http any any -> any any ({options} sid:1;)").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, Encoding.ASCII.GetBytes(Request), 1460));
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
    }

    [Fact]
    public void A_rule_that_asks_for_what_nobody_notices_is_refused()
    {
        var compiled = RuleSet.Compile([new("test", "alert http any any -> any any (app-layer-event:http.moonrise; sid:1;)")], new() { Notices = Inspector.Notices });
        Assert.Contains("http.moonrise", Assert.Single(compiled.Errors).ToString(), StringComparison.Ordinal);
    }
}
