using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class TlsTests
{
    private static readonly byte[] s_old = Tls.MakeCertificate("CN=old.example, C=US", new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_forbidden_name_is_blocked_however_it_is_cut()
    {
        foreach (var pieceLength in (int[])[1, 7, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay("""drop tls any any -> any any (tls.sni; content:"evil.example"; nocase; endswith; sid:1;)""")
                .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Tls.ClientHello("www.EVIL.example"), pieceLength));
            Assert.Equal([1u], replay.Alerts);
            Assert.Equal([DropReason.Rules], replay.Drops);
        }
    }

    [Theory]
    [InlineData("""tls.cert_subject; content:"CN=old.example";""", true)]
    [InlineData("""tls.subject:"CN=old.example";""", true)]
    [InlineData("""tls.subject:!"CN=old.example";""", false)]
    [InlineData("tls_cert_expired;", true)]
    [InlineData("tls_cert_valid;", false)]
    [InlineData("tls_cert_notafter:2020-01-01;", true)]
    [InlineData("tls_cert_notafter:<2019-12-31;", false)]
    [InlineData("tls_cert_notbefore:2009<>2011;", true)]
    [InlineData("tls.cert_chain_len:1;", true)]
    [InlineData("tls.cert_chain_len:>1;", false)]
    [InlineData("flow:to_client; tls.version:1.2;", true)]
    [InlineData("flow:to_client; ssl_version:tls1.0,tls1.2;", true)]
    [InlineData("flow:to_client; ssl_version:!tls1.2;", false)]
    [InlineData("ssl_state:server_hello;", true)]
    [InlineData("ssl_state:client_keyx;", false)]
    [InlineData("tls.certs; content:\"old.example\";", true)]
    [InlineData("tls.random; bsize:32;", true)]
    public void A_rule_may_ask_of_the_server(string options, bool matches)
    {
        var talk = new Conversation();
        var replay = new Replay($"alert tls any any -> any any ({options} flow:to_client; sid:1;)".Replace("flow:to_client; tls", "tls", StringComparison.Ordinal).Replace("flow:to_client; ssl", "ssl", StringComparison.Ordinal))
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Tls.ClientHello("x"), 1460))
            .Feed(talk.Send(Side.Server, (byte[])[.. Tls.ServerHello(), .. Tls.Certificate(s_old)], 300));
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
    }

    [Fact]
    public void A_handshake_is_told_when_it_is_over()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Tls.ClientHello("www.example"), 1460))
            .Feed(talk.Send(Side.Server, (byte[])[.. Tls.ServerHello(), .. Tls.Certificate(s_old)], 1460));
        Assert.Empty(replay.Records);
        replay.Feed(talk.Send(Side.Client, Tls.Record(23, 1, 2, 3), 1460));
        var record = Assert.Single(replay.Records);
        Assert.Contains("\"subject\":\"C=US, CN=old.example\"", record, StringComparison.Ordinal);
        Assert.Contains("\"sni\":\"www.example\",\"version\":\"TLS 1.2\"", record, StringComparison.Ordinal);
        Assert.Contains("\"notafter\":\"2020-01-01T00:00:00\"", record, StringComparison.Ordinal);
        replay.Finish();
        Assert.Single(replay.Records);
    }

    [Fact]
    public void Of_1_3_a_handshake_is_told_without_certificates()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Tls.ClientHello("www.example", offers: 0x0304), 1460))
            .Feed(talk.Send(Side.Server, (byte[])[.. Tls.ServerHello(0x0304), .. Tls.Record(20, 1), .. Tls.Record(23, 1, 2, 3)], 1460));
        Assert.Equal("""tls -1 {"sni":"www.example","version":"TLS 1.3"}""", Assert.Single(replay.Records));
    }

    [Fact]
    public void An_encrypted_flow_is_let_go_when_nobody_looks_at_packets()
    {
        var talk = new Conversation();
        var replay = new Replay("""alert tls any any -> any any (tls.sni; content:"evil"; sid:1;)""").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, Tls.ClientHello("www.example"), 1460)).Feed(talk.Send(Side.Server, (byte[])[.. Tls.ServerHello(), .. Tls.Certificate(s_old)], 1460));
        Assert.DoesNotContain(replay.Verdicts, verdict => verdict == Verdict.Release);
        replay.Feed(talk.Send(Side.Client, Tls.Record(23, 1, 2, 3), 1460));
        Assert.Equal(Verdict.Release, replay.Verdicts[^1]);
    }

    [Theory]
    [InlineData(EncryptionHandling.Track, false)]
    [InlineData(EncryptionHandling.Inspect, true)]
    public void Rules_look_into_what_is_encrypted_only_if_they_are_told_to(EncryptionHandling handling, bool matches)
    {
        var talk = new Conversation();
        var replay = new Replay("""alert tcp any any -> any any (content:"attack"; sid:1;)""", options: new() { Tls = new() { Encryption = handling } })
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Tls.ClientHello("x"), 1460)).Feed(talk.Send(Side.Server, Tls.ServerHello(), 1460))
            .Feed(talk.Send(Side.Client, Tls.Record(23, 1, 2, 3), 1460)).Feed(talk.Send(Side.Client, Tls.Record(23, [.. "attack"u8]), 1460)).Finish();
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
    }

    [Fact]
    public void A_heartbeat_that_asks_for_more_than_it_brings_is_told()
    {
        var talk = new Conversation();
        var replay = new Replay("drop tls any any -> any any (app-layer-event:tls.overflow_heartbeat_message; sid:1;)").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, (byte[])[.. Tls.ClientHello("x"), .. Tls.Record(24, 1, 0x40, 0)], 1460));
        Assert.Equal(["tls.OVERFLOW_HEARTBEAT_MESSAGE"], replay.Anomalies);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void Contents_come_in_the_case_of_their_buffer()
    {
        var compiled = RuleSet.Compile([new("test", """alert tls any any -> any any (tls.cert_serial; content:"0a:bc"; ja3.hash; content:"ABCDEF0123456789ABCDEF0123456789"; sid:1;)""")], new());
        Assert.Empty(compiled.Errors);
    }
}
