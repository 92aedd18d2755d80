using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class KafkaTests
{
    private const string Rules = """
        alert kafka any any -> any any (kafka.api; content:"Produce"; startswith; endswith; kafka.topic; content:"payments"; startswith; endswith; sid:1;)
        alert kafka any any -> any any (kafka.api; content:"DeleteTopics"; sid:2;)
        alert kafka any any -> any any (kafka.client_id; content:"sarama"; sid:3;)
        """;

    [Fact]
    public void Requests_are_told_with_the_size_of_their_answers_however_they_are_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, Request(18, 0, 1, "sarama", [])), (Side.Server, Answer(1, 40)),
            (Side.Client, [.. Request(3, 1, 2, "me", [0, 0, 0, 2, .. Text("orders"), .. Text("payments")]), .. Request(0, 2, 3, "me", Produce("orders", "payments"))]),
            (Side.Server, [.. Answer(3, 8), .. Answer(2, 100)]),
            (Side.Client, Request(20, 1, 4, null, [0, 0, 0, 1, .. Text("orders"), 0, 0, 0, 9])));
        Assert.Equal([3u, 1u, 2u], replay.Alerts);
        Assert.Equal(
            [
                """kafka 0 {"request":{"api":"ApiVersions","api_key":18,"api_version":0,"correlation_id":1,"client_id":"sarama","size":16},"response":{"size":44}}""",
                """kafka 2 {"request":{"api":"Produce","api_key":0,"api_version":2,"correlation_id":3,"client_id":"me","topics":["orders","payments"],"size":70},"response":{"size":12}}""",
                """kafka 1 {"request":{"api":"Metadata","api_key":3,"api_version":1,"correlation_id":2,"client_id":"me","topics":["orders","payments"],"size":34},"response":{"size":104}}""",
                """kafka 3 {"request":{"api":"DeleteTopics","api_key":20,"api_version":1,"correlation_id":4,"topics":["orders"],"size":26}}""",
            ], replay.Records);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void Short_lengths_and_added_fields_are_read()
    {
        // Version 9: a tagged field in the head, compact strings and arrays.
        byte[] body = [1, 0, 1, 42, 0, 0, 1, 0, 0, 3, 232, 2, 9, .. "payments"u8, 2, 0, 0, 0, 0, 4, 1, 2, 3, 0, 0, 0];
        Assert.Equal([1u], Cuts.Same(Rules, (Side.Client, [.. Request(18, 0, 1, "me", []), .. Request(0, 9, 2, "me", body)])).Alerts);
    }

    [Fact]
    public void A_producer_is_blocked_before_its_batch_arrives_whole()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules.Replace("alert", "drop", StringComparison.Ordinal)).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Request(18, 0, 1, "me", [])))
            .Feed(talk.Send(Side.Client, Request(0, 2, 3, "me", Produce("payments")), pieceLength: 12));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void A_batch_without_end_goes_by_and_what_follows_is_read()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Request(18, 0, 1, "me", [])))
            .Feed(talk.Send(Side.Client, Request(0, 2, 3, "me", new byte[3_000_000]), 32_000)).Feed(talk.Send(Side.Client, Request(20, 1, 4, "me", [0, 0, 0, 0])));
        Assert.Equal([2u], replay.Alerts);
    }

    [Fact]
    public void A_size_that_no_broker_takes_is_not_let_through()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Request(18, 0, 1, "me", []))).Feed(talk.Send(Side.Client, (byte[])[0x7f, 0xff, 0xff, 0xff, 0, 1]));
        Assert.Equal(["kafka.malformed"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    private static byte[] Produce(params string[] topics) =>
        [0, 1, 0, 0, 3, 232, 0, 0, 0, (byte)topics.Length, .. topics.SelectMany(topic => (byte[])[.. Text(topic), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3])];

    private static byte[] Request(short key, short version, int correlation, string? client, byte[] body) =>
        Sized([(byte)(key >> 8), (byte)key, 0, (byte)version, 0, 0, 0, (byte)correlation, .. client is null ? [0xff, 0xff] : Text(client), .. body]);

    private static byte[] Answer(int correlation, int length) => Sized([0, 0, 0, (byte)correlation, .. new byte[length]]);

    private static byte[] Text(string text) => [0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Sized(byte[] body)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, body.Length);
        return [.. size, .. body];
    }
}
