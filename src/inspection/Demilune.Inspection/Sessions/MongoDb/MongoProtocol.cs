using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.MongoDb;

namespace Demilune.Inspection.Sessions.MongoDb;

/// <summary>MongoDB's wire protocol.</summary>
internal static class MongoProtocol
{
    /// <summary>A message that no server takes, or a document that is none.</summary>
    public const string Malformed = "mongodb.malformed";

    /// <summary>A message is not compressed as it says, or in a way that cannot be undone here (Zstandard).</summary>
    public const string Unreadable = "mongodb.unreadable_compression";

    public static BufferId[] OfRequest { get; } = [BufferId.MongoCommand, BufferId.MongoDatabase, BufferId.MongoCollection, BufferId.MongoKey, BufferId.MongoDocument];

    /// <summary>What was asked belongs to the answer, too: rules can ask for both.</summary>
    public static BufferId[] OfResponse { get; } = [BufferId.MongoCommand, BufferId.MongoDatabase, BufferId.MongoCollection, BufferId.MongoDocument, BufferId.MongoError];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.MongoDb,
        OfStream = static (from, bytes) => from == Side.Client ? MongoDetection.OfClient(bytes) : MongoDetection.OfServer(bytes),
        Buffers = [.. OfRequest.Union(OfResponse)],
        Events = [Malformed, Unreadable],
        Open = static (options, _, detector) => new MongoSession(options, detector),
    };
}
