using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Redis;

namespace Demilune.Inspection.Sessions.Redis;

/// <summary>Redis (and Valkey): RESP 2 and 3.</summary>
internal static class RedisProtocol
{
    private const int Port = 6379;

    /// <summary>Bytes that its reader would not agree with ours on.</summary>
    public const string Malformed = "redis.malformed";

    public static BufferId[] OfRequest { get; } = [BufferId.RedisCommand, BufferId.RedisKey, BufferId.RedisArgument];

    /// <summary>What was asked belongs to the reply, too: rules can ask for both.</summary>
    public static BufferId[] OfResponse { get; } = [BufferId.RedisCommand, BufferId.RedisKey, BufferId.RedisReply, BufferId.RedisError];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Redis,
        OfStream = static (from, bytes) => from == Side.Client ? RedisDetection.OfClient(bytes) : RedisDetection.OfServer(bytes),
        Ports = [Port],
        AtPort = static (from, bytes) => from == Side.Client ? RedisDetection.OfLine(bytes) : Wire.Detection.No,
        Buffers = [.. OfResponse, BufferId.RedisArgument],
        Events = [Malformed],
        Open = static (options, _, detector) => new RedisSession(options, detector),
    };
}
