using System.Buffers.Binary;

namespace Demilune.Wire.Kafka;

/// <summary>A request's head, and the topics that it names. It lies in the reader's memory: good as long as that is. Used again for the next one.</summary>
public sealed class KafkaRequest
{
    /// <summary>Topics of a request that are read.</summary>
    private const int MaxTopics = 256;

    private const int IdLength = 16;

    private readonly List<(int Start, int Length)> _topics = [];
    private (int Start, int Length) _client;

    public short Key { get; private set; }
    public short Version { get; private set; }
    public int Correlation { get; private set; }

    /// <summary>No answer will come: a producer has not asked for one.</summary>
    public bool IsUnanswered { get; private set; }

    public int TopicCount => _topics.Count;

    /// <param name="message">The one that was read.</param>
    public ReadOnlySpan<byte> Client(ReadOnlySpan<byte> message) => message.Slice(_client.Start, _client.Length);

    public ReadOnlySpan<byte> Topic(ReadOnlySpan<byte> message, int index) => message.Slice(_topics[index].Start, _topics[index].Length);

    /// <param name="message">Behind its size; may be cut.</param>
    /// <returns>False: it has not even a head.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        _topics.Clear();
        (_client, IsUnanswered) = (default, false);
        if (message.Length < 8) return false;
        (Key, Version, Correlation) = (BinaryPrimitives.ReadInt16BigEndian(message), BinaryPrimitives.ReadInt16BigEndian(message[2..]), BinaryPrimitives.ReadInt32BigEndian(message[4..]));
        var fields = new KafkaFields(message) { At = 8 };
        _client = fields.String();
        if (fields.HasFailed) return true;
        fields.IsFlexible = KafkaApi.IsFlexible(Key, Version);
        fields.Tags();
        switch (Key)
        {
            case KafkaApi.Produce: ReadProduce(ref fields); break;
            case KafkaApi.Fetch: ReadFetch(ref fields); break;
            case KafkaApi.Metadata: ReadMetadata(ref fields); break;
            case KafkaApi.CreateTopics: ReadCreate(ref fields); break;
            case KafkaApi.DeleteTopics: ReadDelete(ref fields); break;
        }
        return true;
    }

    private void ReadProduce(ref KafkaFields fields)
    {
        if (Version >= 3) fields.String();
        IsUnanswered = fields.Int16() == 0 && !fields.HasFailed;
        fields.Skip(4);
        for (var topics = fields.Count(); topics > 0 && !fields.HasFailed; topics--)
        {
            if (Version < 13) Add(fields.String());
            else fields.Skip(IdLength);
            for (var partitions = fields.Count(); partitions > 0 && !fields.HasFailed; partitions--)
            {
                fields.Skip(4);
                fields.Bytes();
                fields.Tags();
            }
            fields.Tags();
        }
    }

    private void ReadFetch(ref KafkaFields fields)
    {
        fields.Skip((Version <= 14 ? 4 : 0) + 8 + (Version >= 3 ? 4 : 0) + (Version >= 4 ? 1 : 0) + (Version >= 7 ? 8 : 0));
        if (Version >= 13) return;      // topics are named by numbers
        for (var topics = fields.Count(); topics > 0 && !fields.HasFailed; topics--)
        {
            Add(fields.String());
            for (var partitions = fields.Count(); partitions > 0 && !fields.HasFailed; partitions--)
            {
                fields.Skip(4 + (Version >= 9 ? 4 : 0) + 8 + (Version >= 12 ? 4 : 0) + (Version >= 5 ? 8 : 0) + 4);
                fields.Tags();
            }
            fields.Tags();
        }
    }

    private void ReadMetadata(ref KafkaFields fields)
    {
        for (var topics = fields.Count(); topics > 0 && !fields.HasFailed; topics--)
        {
            if (Version >= 10) fields.Skip(IdLength);
            Add(fields.String());
            fields.Tags();
        }
    }

    private void ReadCreate(ref KafkaFields fields)
    {
        for (var topics = fields.Count(); topics > 0 && !fields.HasFailed; topics--)
        {
            Add(fields.String());
            fields.Skip(6);
            for (var assignments = fields.Count(); assignments > 0 && !fields.HasFailed; assignments--)
            {
                fields.Skip(4);
                fields.Skip(4L * Math.Max(0, fields.Count()));
                fields.Tags();
            }
            for (var settings = fields.Count(); settings > 0 && !fields.HasFailed; settings--)
            {
                fields.String();
                fields.String();
                fields.Tags();
            }
            fields.Tags();
        }
    }

    private void ReadDelete(ref KafkaFields fields)
    {
        for (var topics = fields.Count(); topics > 0 && !fields.HasFailed; topics--)
        {
            Add(fields.String());
            if (Version < 6) continue;
            fields.Skip(IdLength);
            fields.Tags();
        }
    }

    private void Add((int Start, int Length) topic)
    {
        if (topic.Length > 0 && _topics.Count < MaxTopics) _topics.Add(topic);
    }
}
