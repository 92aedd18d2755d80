using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class MongoTests
{
    private const string Rules = """
        alert mongodb any any -> any any (mongodb.command; content:"find"; startswith; endswith; mongodb.key; content:"$where"; sid:1;)
        alert mongodb any any -> any any (mongodb.command; content:"dropDatabase"; mongodb.database; content:"shop"; sid:2;)
        alert mongodb any any -> any any (mongodb.collection; content:"users"; mongodb.error; content:"not authorized"; sid:3;)
        alert mongodb any any -> any any (mongodb.document; content:"evil"; sid:4;)
        """;

    [Fact]
    public void Commands_are_told_with_their_answers_however_they_are_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, Query(1, "admin.$cmd", Document(Number("isMaster", 1)))), (Side.Server, Reply(7, 1, Document(Number("ok", 1)))),
            (Side.Client, Message(2, 0, Document(Text("find", "users"), Inner("filter", Document(Text("$where", "sleep(1)"))), Text("$db", "shop")))),
            (Side.Server, Message(8, 2, Document(Number("ok", 0), Text("errmsg", "not authorized"), Number("code", 13)))),
            (Side.Client, Message(3, 0, Document(Number("dropDatabase", 1), Text("$db", "shop")))), (Side.Server, Message(9, 3, Document(Number("ok", 1)))),
            (Side.Client, Message(4, 0, Document(Text("insert", "notes"), Text("$db", "shop")), Document(Text("a", "fine")), Document(Text("b", "evil")))));
        Assert.Equal([1u, 3u, 2u, 4u], replay.Alerts);
        Assert.Equal(
            [
                """mongodb 0 {"request":{"id":1,"opcode":"query","command":"isMaster","database":"admin","collection":"$cmd","documents":1},"response":{"ok":true}}""",
                """mongodb 1 {"request":{"id":2,"opcode":"msg","command":"find","database":"shop","collection":"users","documents":1},"response":{"ok":false,"error_code":13,"error_message":"not authorized"}}""",
                """mongodb 2 {"request":{"id":3,"opcode":"msg","command":"dropDatabase","database":"shop","documents":1},"response":{"ok":true}}""",
                """mongodb 3 {"request":{"id":4,"opcode":"msg","command":"insert","database":"shop","collection":"notes","documents":3}}""",
            ], replay.Records);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void Compressed_messages_are_looked_into()
    {
        var plain = Message(2, 0, Document(Text("find", "users"), Inner("filter", Document(Text("$where", "evil"))), Text("$db", "shop")))[16..];
        using var zipped = new MemoryStream();
        using (var zlib = new ZLibStream(zipped, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(plain);
        foreach (var (kind, bytes) in ((byte, byte[])[])[(0, plain), (1, Snappy(plain)), (2, zipped.ToArray())])
        {
            var replay = Cuts.Same(Rules, (Side.Client, Compressed(kind, plain.Length, bytes)));
            Assert.Equal([1u, 4u], replay.Alerts);
            Assert.Contains("\"compressed\":true", Assert.Single(replay.Records), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Compression_that_lies_is_not_let_through()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Compressed(2, 1_000_000, [1, 2, 3, 4])));
        Assert.Equal(["mongodb.unreadable_compression"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void A_query_is_blocked()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules.Replace("alert", "drop", StringComparison.Ordinal)).Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, Message(2, 0, Document(Text("find", "users"), Inner("filter", Document(Text("$where", "x"))))), pieceLength: 11));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void Documents_in_documents_without_end_are_not_followed_without_end()
    {
        var document = Document();
        for (var i = 0; i < 200; i++) document = Document(Inner("a", document));
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Message(2, 0, document)));
        Assert.Equal(["mongodb.malformed"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void A_message_without_end_goes_by_and_what_follows_is_read()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Message(2, 0, Document(Text("ping", "x")))))
            .Feed(talk.Send(Side.Client, Message(3, 0, Document(Text("insert", "notes"), Text("x", new('x', 3_000_000)))), 32_000))
            .Feed(talk.Send(Side.Client, Message(4, 0, Document(Number("dropDatabase", 1), Text("$db", "shop")))));
        Assert.Equal([2u], replay.Alerts);
        Assert.Empty(replay.Anomalies);
    }

    private static byte[] Message(int id, int responseTo, byte[] body, params byte[][] documents)
    {
        byte[] sequence = documents.Length == 0 ? [] : [1, .. Int32(4 + 10 + documents.Sum(document => document.Length)), .. "documents\0"u8, .. documents.SelectMany(document => document)];
        return Headed(id, responseTo, 2013, [0, 0, 0, 0, 0, .. body, .. sequence]);
    }

    private static byte[] Query(int id, string collection, byte[] document) => Headed(id, 0, 2004, [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(collection), 0, .. new byte[8], .. document]);

    private static byte[] Reply(int id, int responseTo, byte[] document) => Headed(id, responseTo, 1, [.. new byte[20], .. document]);

    private static byte[] Compressed(byte kind, int size, byte[] bytes) => Headed(5, 0, 2012, [.. Int32(2013), .. Int32(size), kind, .. bytes]);

    private static byte[] Headed(int id, int responseTo, int operation, byte[] body) => [.. Int32(16 + body.Length), .. Int32(id), .. Int32(responseTo), .. Int32(operation), .. body];

    private static byte[] Document(params byte[][] elements) => [.. Int32(5 + elements.Sum(element => element.Length)), .. elements.SelectMany(element => element), 0];

    private static byte[] Text(string name, string value) => [2, .. Encoding.ASCII.GetBytes(name), 0, .. Int32(value.Length + 1), .. Encoding.ASCII.GetBytes(value), 0];

    private static byte[] Number(string name, int value) => [16, .. Encoding.ASCII.GetBytes(name), 0, .. Int32(value)];

    private static byte[] Inner(string name, byte[] document) => [3, .. Encoding.ASCII.GetBytes(name), 0, .. document];

    /// <summary>Literals, and a copy of the first four bytes at the end.</summary>
    private static byte[] Snappy(byte[] plain) =>
        [(byte)(plain.Length & 0x7f | 0x80), (byte)(plain.Length >> 7), 0xf0, 3, .. plain[..4], 0xf0, (byte)(plain.Length - 5), .. plain[4..]];

    private static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
