using System.Buffers.Binary;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Kafka;

namespace Demilune.Inspection.Sessions.Kafka;

/// <summary>Kafka's protocol between clients and brokers.</summary>
internal static class KafkaProtocol
{
    /// <summary>A message without a head, or of a size that no broker takes.</summary>
    public const string Malformed = "kafka.malformed";

    public static BufferId[] OfRequest { get; } = [BufferId.KafkaApi, BufferId.KafkaClientId, BufferId.KafkaTopic];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Kafka,
        OfStream = static (from, bytes) => from == Side.Client ? KafkaDetection.OfClient(bytes) : KafkaDetection.OfServer(bytes),
        Buffers = OfRequest,
        Events = [Malformed],
        Open = static (options, _, detector) => new KafkaSession(options, detector),
    };

    /// <summary>Bytes of a message with its size before it; -1: a broker refuses it (<c>socket.request.max.bytes</c>).</summary>
    public static int LengthOf(ReadOnlySpan<byte> header)
    {
        const int most = 100 << 20;
        var size = BinaryPrimitives.ReadInt32BigEndian(header);
        return size is >= 4 and <= most ? size + header.Length : -1;
    }
}
