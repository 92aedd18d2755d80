using System.Text;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class SmtpTests
{
    private const string Mail = "From: a <a@x>\r\nTo: b@y, c@y\r\nContent-Type: multipart/mixed; boundary=\"=b\"\r\n\r\n" +
        "--=b\r\nContent-Type: text/plain\r\n\r\nsee http://evil.example/x.exe now\r\n--=b\r\nContent-Type: application/octet-stream; name=\"a.exe\"\r\n" +
        "Content-Transfer-Encoding: base64\r\n\r\nTVpIRUxMTw==\r\n--=b--\r\n.\r\n";

    private const string Rules = """
        drop smtp any any -> any any (fileext:"exe"; file.data; content:"HELLO"; sid:1;)
        alert smtp any any -> any any (app-layer-event:smtp.data_command_rejected; sid:2;)
        """;

    [Theory, InlineData(1), InlineData(5), InlineData(1460)]
    public void An_attachment_is_decoded_and_blocked(int pieceLength)
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        Greet(replay, talk, pieceLength, "354 go\r\n");
        replay.Feed(talk.Send(Side.Client, Encoding.ASCII.GetBytes(Mail), pieceLength));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void A_mail_is_told_with_its_senders_and_its_addresses()
    {
        var talk = new Conversation();
        var replay = new Replay("alert tcp any any -> any any (content:\"never\"; sid:9;)").Feed(talk.Handshake());
        Greet(replay, talk, 1460, "354 go\r\n");
        replay.Feed(talk.Send(Side.Client, Encoding.ASCII.GetBytes(Mail))).Feed(talk.Send(Side.Server, "250 ok\r\n"u8.ToArray()));
        Assert.Equal(["""smtp 0 {"helo":"me","mail_from":"\u003Ca@x\u003E","rcpt_to":["\u003Cb@y\u003E"]}"""], replay.Records);
        Assert.Equal(["a.exe Closed 7"], replay.Files);
    }

    [Fact]
    public void In_a_capture_an_attachment_is_looked_at_when_it_is_over_or_large_and_by_the_firewall_at_once()
    {
        var end = Mail.IndexOf("==\r\n--=b--", StringComparison.Ordinal);
        foreach (var isCapture in (bool[])[true, false])
        {
            var talk = new Conversation();
            var replay = new Replay("""alert smtp any any -> any any (file.data; content:"HELL"; sid:1;)""", prevent: false,
                options: isCapture ? new() { Inline = false, Streams = new() } : new()).Feed(talk.Handshake());
            Greet(replay, talk, 1460, "354 go\r\n");
            replay.Feed(talk.Send(Side.Client, Mail[..end])).Feed(talk.Send(Side.Client, "\r\n"));
            Assert.Equal(isCapture ? [] : [1u], replay.Alerts);
            replay.Feed(talk.Send(Side.Client, Mail[end..])).Feed(talk.Send(Side.Server, "250 ok\r\n")).Finish();
            Assert.Equal([1u], replay.Alerts);
        }
    }

    [Fact]
    public void A_mail_is_told_with_the_fields_that_are_asked_for()
    {
        var talk = new Conversation();
        var lines = new List<string>();
        using var writer = new EveWriter(json => lines.Add(Encoding.UTF8.GetString(json)));
        var inspector = new Inspector(new()
        {
            Mail = new() { Told = [.. MailField.All.Where(field => field.IsExtended || field.Name == "received")], TellsSubjectHash = true },
        });
        inspector.Publish(PolicySetSnapshot.Single(new(0, "mail", 1, Prevent: true, RuleSet.Empty)));
        Play(talk.Handshake());
        Greet(Play, talk, 1460, "354 go\r\n");
        Play(talk.Send(Side.Client, Encoding.ASCII.GetBytes("Received: by a\r\nBcc: c@y, d@y\r\nSubject: hi\r\nReceived: by b\r\nDate: today\r\n" + Mail)));
        Play(talk.Send(Side.Server, "250 ok\r\n"u8.ToArray()));
        var email = Assert.Single(lines, line => line.Contains("\"event_type\":\"smtp\"", StringComparison.Ordinal));
        Assert.Contains("""
            "bcc":["c@y","d@y"],"subject":"hi","received":["by a","by b"],"subject_md5":"49f68a5c8493ec2c0bf489821c21fc3b","attachment":["a.exe"]
            """.Trim(), email, StringComparison.Ordinal);

        void Play(IEnumerable<Sent> frames)
        {
            foreach (var frame in frames) inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), 1_700_000_000_000_000_000, writer, new());
        }
    }

    [Fact]
    public void What_follows_a_mail_is_a_transaction_of_its_own()
    {
        var talk = new Conversation();
        var replay = new Replay("alert tcp any any -> any any (content:\"never\"; sid:9;)").Feed(talk.Handshake());
        Greet(replay, talk, 1460, "354 go\r\n");
        replay.Feed(talk.Send(Side.Client, Encoding.ASCII.GetBytes(Mail))).Feed(talk.Send(Side.Server, "250 ok\r\n"u8.ToArray()));
        replay.Feed(talk.Send(Side.Client, "QUIT\r\n"u8.ToArray())).Feed(talk.Send(Side.Server, "221 bye\r\n"u8.ToArray())).Finish();
        Assert.Equal(2, replay.Records.Count);
    }

    [Fact]
    public void After_a_rejected_DATA_commands_follow()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        Greet(replay, talk, 1460, "554 no\r\n");
        replay.Feed(talk.Send(Side.Client, "RSET\r\n"u8.ToArray())).Feed(talk.Send(Side.Server, "250 ok\r\n"u8.ToArray()));
        Assert.Equal([2u], replay.Alerts);
        Assert.Single(replay.Records);
    }

    [Fact]
    public void A_message_that_two_servers_end_at_different_places_is_blocked()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake());
        Greet(replay, talk, 1460, "354 go\r\n");
        replay.Feed(talk.Send(Side.Client, "Subject: x\r\n\r\nhi\n.\r\nMAIL FROM:<boss@x>\r\n"u8.ToArray()));
        Assert.Contains("smtp.ambiguous_end_of_data", replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    private static void Greet(Replay replay, Conversation talk, int pieceLength, string answer) => Greet(frames => replay.Feed(frames), talk, pieceLength, answer);

    private static void Greet(Action<IEnumerable<Sent>> play, Conversation talk, int pieceLength, string answer)
    {
        foreach (var (from, text) in ((Side, string)[])
        [
            (Side.Server, "220 mail.example ESMTP\r\n"), (Side.Client, "EHLO me\r\n"), (Side.Server, "250-mail\r\n250 PIPELINING\r\n"), (Side.Client, "MAIL FROM:<a@x> SIZE=9\r\n"),
            (Side.Server, "250 ok\r\n"), (Side.Client, "RCPT TO:<b@y>\r\n"), (Side.Server, "250 ok\r\n"), (Side.Client, "DATA\r\n"), (Side.Server, answer),
        ])
            play(talk.Send(from, Encoding.ASCII.GetBytes(text), pieceLength));
    }
}
