using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>When a flow goes to the kernel for good: as soon as no rule of its set could ever match in it, and not before.</summary>
public class ReleaseTests
{
    private const string Http = """drop http any any -> any any (msg:"uri"; flow:established,to_server; http.uri; content:"evil"; sid:1;)""" + "\n";

    [Theory]
    [InlineData("", true)]
    [InlineData("""alert tcp any any -> any any (msg:"stream"; flow:established,to_server; content:"never there"; sid:2;)""", false)]
    [InlineData("""alert tcp any any -> any any (msg:"answers only"; flow:established,to_client; content:"never there"; sid:2;)""", false)]
    [InlineData("""alert tcp any any -> any any (msg:"large"; dsize:>60000; sid:2;)""", false)]
    [InlineData("""alert tcp-pkt any any -> any any (msg:"packet"; content:"never there"; sid:2;)""", false)]
    public void What_is_no_HTTP_is_released_at_once_unless_a_rule_looks_at_streams_or_packets(string rule, bool atOnce) =>
        Assert.Equal(atOnce ? Verdict.Release : Verdict.Forward, VerdictAfter(Http + rule, "\u0001\u0002 this is a protocol of nobody's"));

    [Theory]
    [InlineData("GET /")]
    [InlineData("GET /good HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbody")]
    public void HTTP_is_never_released_since_another_request_may_follow(string sent) => Assert.Equal(Verdict.Forward, VerdictAfter(Http, sent));

    private static Verdict VerdictAfter(string rules, string sent)
    {
        var talk = new Conversation();
        var replay = new Replay(rules).Feed(talk.Handshake());
        return replay.Feed(talk.Next(Side.Client, System.Text.Encoding.Latin1.GetBytes(sent)));
    }
}
