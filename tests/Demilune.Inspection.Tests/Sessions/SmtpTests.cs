using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

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

    private static void Greet(Replay replay, Conversation talk, int pieceLength, string answer)
    {
        foreach (var (from, text) in ((Side, string)[])
        [
            (Side.Server, "220 mail.example ESMTP\r\n"), (Side.Client, "EHLO me\r\n"), (Side.Server, "250-mail\r\n250 PIPELINING\r\n"), (Side.Client, "MAIL FROM:<a@x> SIZE=9\r\n"),
            (Side.Server, "250 ok\r\n"), (Side.Client, "RCPT TO:<b@y>\r\n"), (Side.Server, "250 ok\r\n"), (Side.Client, "DATA\r\n"), (Side.Server, answer),
        ])
            replay.Feed(talk.Send(from, Encoding.ASCII.GetBytes(text), pieceLength));
    }
}
