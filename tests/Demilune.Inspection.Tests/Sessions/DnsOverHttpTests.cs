using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Demilune.Inspection.Access;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class DnsOverHttpTests
{
    private const string Rules = """
        alert dns any any -> any any (dns.query; content:"evil"; sid:1;)
        alert doh2 any any -> any any (dns.answer.name; content:"evil"; sid:2;)
        alert dns any any -> any any (app-layer-event:dns.z_flag_set; sid:3;)
        alert dns any any -> any any (dns.opcode:0; dns.query.name; content:"example"; endswith; flow:to_server; sid:4;)
        alert tcp any any -> any any (dns.query; content:"fine"; sid:5;)
        """;

    [Fact]
    public void A_query_in_a_body_and_its_answer_are_looked_into_and_told()
    {
        var replay = Cuts.Same(Rules, (Side.Client, Post(Query("www.evil.example"))), (Side.Server, Answer("www.evil.example")));
        Assert.Equal([1u, 4u, 2u], replay.Alerts);
        Assert.Equal(2, replay.Records.Count);
        Assert.StartsWith("""dns 0 {"version":2,"type":"query","id":7,"rrname":"www.evil.example","rrtype":"A","tx_id":0""", replay.Records[0], StringComparison.Ordinal);
        Assert.Contains("192.0.2.1", replay.Records[1], StringComparison.Ordinal);
        Assert.StartsWith("POST /dns-query 200", Assert.Single(replay.Transactions), StringComparison.Ordinal);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void A_query_in_a_target_is_found_also_where_it_is_escaped()
    {
        var text = Base64Url.EncodeToString(Query("www.evil.example"));
        Assert.Equal([1u, 4u], Cuts.Same(Rules, (Side.Client, Bytes($"GET /dns-query?a=b&dns={text} HTTP/1.1\r\nHost: x\r\n\r\n"))).Alerts);
        Assert.Equal([1u, 4u], Cuts.Same(Rules, (Side.Client, Bytes($"GET /dns-query?dns=%{(int)text[0]:X2}{text[1..]} HTTP/1.1\r\nHost: x\r\n\r\n"))).Alerts);
    }

    [Theory]
    [InlineData("dns=8.8.8.8")]
    [InlineData("dns=AAAA")]
    [InlineData("dns=")]
    [InlineData("dns=AAcBAAAAAAAAAAAAA3d3dwRldmlsB2V4YW1wbGUAAAEAAQ")]        // no question
    public void A_parameter_that_only_has_the_name_is_none(string parameter)
    {
        var replay = Cuts.Same(Rules, (Side.Client, Bytes($"GET /settings?{parameter} HTTP/1.1\r\nHost: x\r\n\r\n")));
        Assert.Empty(replay.Alerts);
        Assert.Empty(replay.Records);
    }

    [Fact]
    public void What_its_parser_notices_is_asked_for_by_rules_for_DNS()
    {
        var query = Query("fine.example");
        query[3] |= 0x40;
        Assert.Equal([3u, 4u, 5u], Cuts.Same(Rules, (Side.Client, Post(query))).Alerts.Order());
    }

    [Fact]
    public void Chunks_and_compression_hide_nothing()
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Query("www.evil.example"));
        var body = zipped.ToArray();
        Assert.Equal([1u, 4u], Cuts.Same(Rules, (Side.Client, [
            .. "POST /dns-query HTTP/1.1\r\nHost: x\r\nContent-Type: application/DNS-message; a=b\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"u8,
            .. Bytes($"{body.Length:x}\r\n"), .. body, .. "\r\n0\r\n\r\n"u8])).Alerts);
    }

    [Fact]
    public void An_allow_list_for_DNS_judges_it_before_it_arrives()
    {
        var access = new AccessList("names", [], [], [new DnsAllowance([new NamePattern("*.good.example")], [])], [AppProtocol.Http1], DenialResponse.Reset);
        Assert.Empty(Replayed("www.good.example").Drops);
        Assert.Equal([DropReason.AccessList], Replayed("www.evil.example").Drops);

        Replay Replayed(string name)
        {
            var talk = new Conversation();
            return new Replay(access).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Post(Query(name))));
        }
    }

    [Fact]
    public void A_body_longer_than_any_message_is_none()
    {
        var replay = Cuts.Same(Rules, (Side.Client, Post([.. Query("www.evil.example"), .. new byte[70_000]])));
        Assert.Empty(replay.Alerts);
        Assert.Empty(replay.Records);
    }

    private static byte[] Post(byte[] message) =>
        [.. Bytes($"POST /dns-query HTTP/1.1\r\nHost: x\r\nContent-Type: application/dns-message\r\nContent-Length: {message.Length}\r\n\r\n"), .. message];

    private static byte[] Answer(string name)
    {
        byte[] message = [.. Query(name), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
        (message[2], message[7]) = (0x81, 1);
        return [.. Bytes($"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: {message.Length}\r\n\r\n"), .. message];
    }

    private static byte[] Query(string name) =>
        [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Bytes(label)]), 0, 0, 1, 0, 1];

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
