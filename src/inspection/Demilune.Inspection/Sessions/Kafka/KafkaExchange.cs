using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Kafka;

namespace Demilune.Inspection.Sessions.Kafka;

/// <summary>A request and its answer: EVE's <c>kafka</c> object.</summary>
internal sealed class KafkaExchange : Exchange
{
    /// <summary>Topics that are told, and bytes of a name: Kafka's own limit is 249.</summary>
    private const int MaxTopics = 16, MaxName = 256;

    private readonly EveText _text = new();
    private readonly KeptText _client = new(MaxName);
    private readonly List<KeptText> _topics = [];
    private int _count;
    private (short Key, short Version, int Correlation) _head;
    private long _requestSize, _responseSize;

    public override string RecordType => "kafka";

    public override void Clear()
    {
        base.Clear();
        _client.Clear();
        foreach (var topic in _topics) topic.Clear();
        (_count, _requestSize, _responseSize) = (0, 0, 0);
    }

    public void Ask(KafkaRequest request, ReadOnlySpan<byte> message, long size)
    {
        (_head, _requestSize, _count) = ((request.Key, request.Version, request.Correlation), size, request.TopicCount);
        if (!request.Client(message).IsEmpty) _client.Set(request.Client(message));
        for (var i = 0; i < Math.Min(_count, MaxTopics); i++)
        {
            if (i == _topics.Count) _topics.Add(new(MaxName));
            _topics[i].Set(request.Topic(message, i));
        }
    }

    public void Answer(long size) => _responseSize = size;

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("request"u8);
        json.WriteString("api"u8, KafkaApi.NameOf(_head.Key));
        json.WriteNumber("api_key"u8, _head.Key);
        json.WriteNumber("api_version"u8, _head.Version);
        json.WriteNumber("correlation_id"u8, _head.Correlation);
        if (_client.IsThere) json.WriteString("client_id"u8, _text.Of(_client.Bytes));
        if (_count > 0)
        {
            json.WriteStartArray("topics"u8);
            for (var i = 0; i < Math.Min(_count, MaxTopics); i++) json.WriteStringValue(_text.Of(_topics[i].Bytes));
            json.WriteEndArray();
        }
        json.WriteNumber("size"u8, _requestSize);
        json.WriteEndObject();
        if (_responseSize == 0) return;
        json.WriteStartObject("response"u8);
        json.WriteNumber("size"u8, _responseSize);
        json.WriteEndObject();
    }
}
