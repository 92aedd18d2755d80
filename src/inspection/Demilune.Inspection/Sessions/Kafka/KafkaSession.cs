using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Wire;
using Demilune.Wire.Kafka;

namespace Demilune.Inspection.Sessions.Kafka;

/// <summary>One connection. An answer names its request by a number.</summary>
internal sealed class KafkaSession(InspectorOptions options, Detector detector) : ExchangeSession<KafkaExchange>(options, detector, MaxOpen, KafkaProtocol.OfRequest, [])
{
    /// <summary>Requests on their way; clients have five, those that were told to hurry some dozens.</summary>
    private const int MaxOpen = 64;

    private const int SizeLength = 4;

    /// <summary>As large as a batch may be by default (<c>max.request.size</c>); of a larger request, the topics behind it are not seen. Of an answer its number is enough.</summary>
    private const int MaxHeld = 1 << 20, MaxHeldAnswer = 16;

    private readonly HeadedReader _client = new(SizeLength, KafkaProtocol.LengthOf, MaxHeld);
    private readonly HeadedReader _server = new(SizeLength, KafkaProtocol.LengthOf, MaxHeldAnswer);
    private readonly KafkaRequest _request = new();
    private readonly byte[] _name = new byte[64];

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var reader = Of(from);
        while (reader.TryRead(ref bytes, out var message))
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(message);
            if (from == Side.Client) TakeRequest(message[SizeLength..], size);
            else TakeAnswer(message[SizeLength..], size);
        }
        if (reader.IsBroken) Notice(KafkaProtocol.Malformed, isAmbiguous: true);
    }

    public override void Clear()
    {
        base.Clear();
        _client.Reset();
        _server.Reset();
    }

    public override bool IsOver(Side from) => Of(from).IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (From != Side.Client || !IsAtHand) return false;
        var message = _client.Message[SizeLength..];
        switch (id)
        {
            case BufferId.KafkaApi: return Give(_name.AsSpan(0, Encoding.ASCII.GetBytes(KafkaApi.NameOf(_request.Key), _name)), true, instance, out view);
            case BufferId.KafkaClientId: return Give(_request.Client(message), !_request.Client(message).IsEmpty, instance, out view);
            case BufferId.KafkaTopic when instance < _request.TopicCount:
                view = new(_request.Topic(message, instance));
                return true;
            default: return false;
        }
    }

    private HeadedReader Of(Side from) => from == Side.Client ? _client : _server;

    private void TakeRequest(ReadOnlySpan<byte> message, long size)
    {
        // Old clients log in with bare tokens of any length: no broker takes them for a request.
        if (!_request.TryRead(message))
        {
            Notice(KafkaProtocol.Malformed);
            return;
        }
        var exchange = Open(_request.Correlation);
        exchange.Ask(_request, message, size);
        Judge(exchange, Side.Client, message);
        if (_request.IsUnanswered) Finish(exchange);
    }

    private void TakeAnswer(ReadOnlySpan<byte> message, long size)
    {
        if (Find(BinaryPrimitives.ReadInt32BigEndian(message)) is not { } exchange) return;
        exchange.Answer(size);
        Judge(exchange, Side.Server, message);
        Finish(exchange);
    }
}
