using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class FtpTests
{
    private const string Rules = """
        drop ftp-data any any -> any any (ftpdata_command:retr; fileext:"exe"; file.data; content:"MZ"; startswith; sid:1;)
        alert tcp any any -> any any (ftpbounce; sid:2;)
        """;

    [Theory, InlineData(1), InlineData(3), InlineData(1460)]
    public void What_a_data_connection_brings_is_a_file_with_the_name_that_was_asked_for(int pieceLength)
    {
        var replay = Ask("RETR a.exe\r\n", pieceLength);
        var data = new Conversation(clientPort: 40_001, serverPort: 1025);
        replay.Feed(data.Handshake()).Feed(data.Send(Side.Server, "MZ..."u8.ToArray(), pieceLength)).Feed(data.Finish());
        Assert.Equal([1u], replay.Alerts);
        Assert.Contains(DropReason.Rules, replay.Drops);
    }

    [Fact]
    public void Another_connection_to_that_port_is_none()
    {
        var replay = Ask("RETR a.txt\r\n", 1460);
        foreach (var clientPort in (ushort[])[40_001, 40_002])
        {
            var data = new Conversation(clientPort: clientPort, serverPort: 1025);
            replay.Feed(data.Handshake()).Feed(data.Send(Side.Server, "text"u8.ToArray())).Feed(data.Finish());
        }
        Assert.Equal(["a.txt Closed 4"], replay.Files);
    }

    [Theory, InlineData("10,0,0,1,4,1", false), InlineData("192,0,2,1,0,80", true)]
    public void A_PORT_for_another_host_is_a_bounce(string address, bool isBounce) =>
        Assert.Equal(isBounce, Ask($"PORT {address}\r\n", 1460).Alerts.Contains(2u));

    [Fact]
    public void A_server_that_greets_otherwise_speaks_something_else()
    {
        var talk = new Conversation(serverPort: 110);
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Server, "+OK ready\r\n")).Feed(talk.Send(Side.Client, "USER me\r\n"))
            .Feed(talk.Send(Side.Server, "+OK\r\n")).Finish();
        Assert.Empty(replay.Records);
    }

    private static Replay Ask(string command, int pieceLength)
    {
        var talk = new Conversation(serverPort: 2121);
        var replay = new Replay(Rules).Feed(talk.Handshake());
        foreach (var (from, text) in ((Side, string)[])
        [
            (Side.Server, "220-hi\r\n220 ready\r\n"), (Side.Client, "USER me\r\n"), (Side.Server, "331 password\r\n"), (Side.Client, "PASV\r\n"),
            (Side.Server, "227 Entering Passive Mode (10,0,0,2,4,1)\r\n"), (Side.Client, command), (Side.Server, "150 ok\r\n"),
        ])
            replay.Feed(talk.Send(from, text, pieceLength));
        return replay;
    }
}
