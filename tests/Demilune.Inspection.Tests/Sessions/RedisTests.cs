using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class RedisTests
{
    private const string Rules = """
        alert redis any any -> any any (redis.command; content:"CONFIG"; startswith; endswith; redis.key; content:"set"; nocase; sid:1;)
        alert redis any any -> any any (redis.argument; content:"/etc/cron.d"; sid:2;)
        alert redis any any -> any any (redis.error; content:"NOAUTH"; startswith; sid:3;)
        alert redis any any -> any any (redis.reply; content:"secret"; sid:4;)
        alert redis any any -> any any (redis.command; content:"EVAL"; startswith; endswith; redis.error; content:"denied"; sid:5;)
        """;

    [Fact]
    public void Commands_are_told_with_their_replies_however_they_are_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, Command("PING")),
            (Side.Server, Bytes("+PONG\r\n")),
            (Side.Client, [.. Command("set", "k", "a value"), .. Command("GET", "k"), .. Command("LRANGE", "l", "0", "-1"), .. Command("GET", "nothing")]),
            (Side.Server, Bytes("+OK\r\n$7\r\na value\r\n*3\r\n$6\r\nsecret\r\n:12\r\n*1\r\n$-1\r\n$-1\r\n")),
            (Side.Client, Command("EVAL", "return 1", "0")),
            (Side.Server, Bytes("-NOPERM denied\r\n")));
        Assert.Equal([4u, 5u], replay.Alerts);
        Assert.Equal(
            [
                """redis 0 {"request":{"command":"PING","argument_count":0},"response":{"type":"simple","message":"PONG"}}""",
                """redis 1 {"request":{"command":"SET","argument_count":2,"arguments":["k","a value"]},"response":{"type":"simple","message":"OK"}}""",
                """redis 2 {"request":{"command":"GET","argument_count":1,"arguments":["k"]},"response":{"type":"bulk","message":"a value","length":7}}""",
                """redis 3 {"request":{"command":"LRANGE","argument_count":3,"arguments":["l","0","-1"]},"response":{"type":"array","length":3}}""",
                """redis 4 {"request":{"command":"GET","argument_count":1,"arguments":["nothing"]},"response":{"type":"bulk"}}""",
                """redis 5 {"request":{"command":"EVAL","argument_count":2,"arguments":["return 1","0"]},"response":{"type":"error","message":"NOPERM denied"}}""",
            ], replay.Records);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void An_attack_is_blocked_before_its_last_byte_arrives()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules.Replace("alert redis", "drop redis", StringComparison.Ordinal)).Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, Command("config", "SET", "dir", "/etc/cron.d"), pieceLength: 9));
        Assert.Equal([1u, 2u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void Passwords_are_looked_into_and_not_told()
    {
        var replay = Cuts.Same("""alert redis any any -> any any (redis.argument; content:"hunter2"; sid:1;)""",
            (Side.Client, [.. Command("AUTH", "me", "hunter2"), .. Command("HELLO", "3", "AUTH", "me", "hunter2"), .. Command("CONFIG", "SET", "requirepass", "hunter2")]),
            (Side.Server, Bytes("-WRONGPASS\r\n-WRONGPASS\r\n-NOAUTH\r\n")));
        Assert.Equal([1u, 1u, 1u], replay.Alerts);
        Assert.All(replay.Records, record => Assert.DoesNotContain("hunter2", record, StringComparison.Ordinal));
    }

    [Fact]
    public void RESP_3_with_its_maps_attributes_and_pushes_is_read()
    {
        var replay = Cuts.Same("",
            (Side.Client, [.. Command("HELLO", "3"), .. Command("GET", "k")]),
            (Side.Server, Bytes("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n=7\r\ntxt:abc\r\n")));
        Assert.Equal(
            [
                """redis 0 {"request":{"command":"HELLO","argument_count":1},"response":{"type":"map","length":2}}""",
                """redis 2 {"response":{"type":"push","length":2}}""",
                """redis 1 {"request":{"command":"GET","argument_count":1,"arguments":["k"]},"response":{"type":"verbatim","message":"txt:abc","length":7}}""",
            ], replay.Records);
    }

    [Fact]
    public void Typed_commands_are_read_as_Redis_reads_them_at_its_port()
    {
        var talk = new Conversation(serverPort: 6379);
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "PING\r\nconfig \"\\x73et\" dir '/etc/cron.d'\n"));
        Assert.Equal([1u, 2u], replay.Alerts);
    }

    [Fact]
    public void A_value_without_end_goes_by_and_what_follows_is_read()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, [.. Command("SET", "k", new('x', 100_000), "more"), .. Command("CONFIG", "SET", "dir", "/etc/cron.d")]));
        Assert.Equal([1u, 2u], replay.Alerts);
        Assert.Equal(2, replay.Records.Count);
    }

    [Theory]
    [InlineData("*2\r\n$4\r\nPING\r\n+x\r\n")]
    [InlineData("*1\r\n$4\r\nPINGxx*1\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\r\n$04\r\nPING\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*2000000\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\n$4\r\nPING\r\n")]
    public void What_a_server_would_read_differently_is_not_let_through(string commands)
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, commands));
        Assert.Equal(["redis.malformed"], replay.Anomalies.Distinct());
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void What_a_replica_is_sent_goes_through()
    {
        var replay = Cuts.Same(Rules, (Side.Client, Command("PING")), (Side.Server, Bytes("+PONG\r\n")), (Side.Client, Command("PSYNC", "?", "-1")),
            (Side.Server, [.. "+FULLRESYNC 0123456789 1\r\n\n$9\r\nREDIS0009"u8, .. Command("SET", "k", "v")]), (Side.Client, Command("config", "SET", "dir", "/etc/cron.d")));
        Assert.Equal([1u, 2u], replay.Alerts);
        Assert.Empty(replay.Anomalies);
        Assert.Empty(replay.Drops);
    }

    [Fact]
    public void Replies_in_replies_without_end_are_not_followed_without_end()
    {
        var talk = new Conversation();
        var replay = new Replay("", prevent: false).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Command("PING")))
            .Feed(talk.Send(Side.Server, string.Concat(Enumerable.Repeat("*1\r\n", 1000))));
        Assert.Equal(["redis.malformed"], replay.Anomalies);
    }

    private static byte[] Command(params string[] words) => Bytes($"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}");

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
