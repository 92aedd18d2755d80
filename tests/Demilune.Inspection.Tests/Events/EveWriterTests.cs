using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Compile;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Events;

public class EveWriterTests
{
    [Fact]
    public void An_alert_says_what_matched_and_who_the_ends_are()
    {
        var records = Records(
            """drop http any any -> any any (msg:"Traversal"; flow:established,to_server; http.uri; content:"/etc/passwd"; classtype:web-application-attack; metadata:cve CVE_1, cve CVE_2; sid:7; rev:3;)""",
            "GET /..%2f..%2fetc/passwd?\xff HTTP/1.1\r\nHost: Web:8080\r\n\r\n");
        var alert = records.Single(record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal("10.0.0.1", alert.GetProperty("src_ip").GetString());
        Assert.Equal(8080, alert.GetProperty("dest_port").GetInt32());
        Assert.Equal("TCP", alert.GetProperty("proto").GetString());
        Assert.Equal("http", alert.GetProperty("app_proto").GetString());
        Assert.Equal("to_server", alert.GetProperty("direction").GetString());
        Assert.Equal(0, alert.GetProperty("tx_id").GetInt32());
        var rule = alert.GetProperty("alert");
        Assert.Equal(("blocked", 7, 3, "Traversal"), (rule.GetProperty("action").GetString(), rule.GetProperty("signature_id").GetInt32(), rule.GetProperty("rev").GetInt32(), rule.GetProperty("signature").GetString()));
        Assert.Equal(2, rule.GetProperty("metadata").GetProperty("cve").GetArrayLength());
        Assert.Equal("web", alert.GetProperty("http").GetProperty("hostname").GetString());
        Assert.Equal("/..%2f..%2fetc/passwd?\\xff", alert.GetProperty("http").GetProperty("url").GetString());
        var evidence = alert.GetProperty("evidence")[0];
        Assert.Equal(("http.uri", "/etc/passwd"), (evidence.GetProperty("buffer").GetString(), evidence.GetProperty("printable").GetString()));
        var kubernetes = alert.GetProperty("kubernetes");
        Assert.Equal("attacker", kubernetes.GetProperty("source").GetProperty("pod").GetString());
        Assert.Equal("shop", kubernetes.GetProperty("source").GetProperty("labels").GetProperty("app").GetString());
        Assert.Equal(("web-attacks", "Prevent"), (kubernetes.GetProperty("policy").GetString(), kubernetes.GetProperty("mode").GetString()));
        var drop = records.Single(record => record.GetProperty("event_type").GetString() == "drop");
        Assert.Equal("rules", drop.GetProperty("drop").GetProperty("reason").GetString());
    }

    [Fact]
    public void A_time_is_written_with_microseconds_and_a_zone()
    {
        var record = Records("", "GET / HTTP/1.1\r\nHost: a\r\n\r\n").Single(record => record.GetProperty("event_type").GetString() == "http");
        Assert.Equal("2023-11-14T22:13:20.123456+0000", record.GetProperty("timestamp").GetString());
    }

    [Theory]
    [InlineData("1.2.3.4, 5.6.7.8", true, "5.6.7.8")]
    [InlineData("1.2.3.4, 5.6.7.8", false, "1.2.3.4")]
    [InlineData("[2001:db8::1]:8080", true, "2001:db8::1")]
    [InlineData("7.7.7.7:1234", true, "7.7.7.7")]
    [InlineData("somebody else", true, null)]
    [InlineData("999.1.1.1", true, null)]
    public void Who_is_behind_a_proxy_is_told_beside_its_address_or_in_its_place(string field, bool isReverse, string? behind)
    {
        foreach (var overwrites in (bool[])[true, false])
        {
            var records = Records("""alert http any any -> any any (http.uri; content:"/"; sid:1;)""", $"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {field}\r\n\r\n",
                new() { ForwardedFor = new("x-forwarded-for", isReverse, overwrites) }, new() { Http = new() { TellsHeads = true } });
            var http = records.Single(record => record.GetProperty("event_type").GetString() == "http");
            var alert = records.Single(record => record.GetProperty("event_type").GetString() == "alert");
            Assert.Equal(field, http.GetProperty("http").GetProperty("xff").GetString());
            Assert.Equal(overwrites && behind is not null ? behind : "10.0.0.1", http.GetProperty("src_ip").GetString());
            Assert.Equal("10.0.0.2", http.GetProperty("dest_ip").GetString());
            Assert.Equal(overwrites ? null : behind, http.TryGetProperty("xff", out var beside) ? beside.GetString() : null);
            Assert.Equal(behind, alert.GetProperty("alert").TryGetProperty("xff", out var told) ? told.GetString() : null);
        }
    }

    [Fact]
    public void In_a_capture_an_alert_about_a_transaction_names_its_files_whatever_the_rule_looks_at()
    {
        var alert = Records("""alert http any any -> any any (http.uri; content:"/up"; sid:1;)""", "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
            options: new() { Inline = false, LogTransactions = true, Streams = new() }).Single(record => record.GetProperty("event_type").GetString() == "alert");
        var file = Assert.Single(alert.GetProperty("files").EnumerateArray());
        Assert.Equal(("/up", 2, "CLOSED", false), (file.GetProperty("filename").GetString(), file.GetProperty("size").GetInt32(), file.GetProperty("state").GetString(), file.GetProperty("stored").GetBoolean()));
    }

    private static List<JsonElement> Records(string rules, string request, EveOptions? eve = null, InspectorOptions? options = null)
    {
        var records = new List<JsonElement>();
        using var writer = new EveWriter(json => records.Add(JsonDocument.Parse(json.ToArray()).RootElement), eve ?? new())
        {
            Identities = new(new Dictionary<(int, IpAddress), Identity>
            {
                [(0, Conversation.ClientV4)] = new("default", "attacker", new Dictionary<string, string> { ["app"] = "shop" }),
            }.ToFrozenDictionary()),
        };
        var inspector = new Inspector(options ?? new());
        inspector.Publish(PolicySetSnapshot.Single(new(0, "web-attacks", 1, true, RuleSet.Compile([new("t", rules)], new()).Rules)));
        var talk = new Conversation();
        foreach (var frame in talk.Handshake().Concat(talk.Send(Side.Client, request)))
            inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), 1_700_000_000_123_456_789, writer, new());
        inspector.Finish(1_700_000_000_123_456_789, writer);
        return records;
    }
}
