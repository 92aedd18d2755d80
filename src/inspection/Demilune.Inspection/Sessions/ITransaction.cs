using Demilune.Inspection.Events;

namespace Demilune.Inspection.Sessions;

/// <summary>What an alert tells about the transaction that it was found in.</summary>
internal interface ITransaction
{
    /// <summary>From 0, within its flow.</summary>
    int Number { get; }

    HttpFields Http => default;

    /// <summary>It stays as it is until <see cref="Detection.Detector.Closing"/> is told of it; otherwise it is good for the moment only.</summary>
    bool Lasts => false;

    /// <summary>EVE's name of the protocol's object; null if it has none of its own.</summary>
    string? RecordType => null;
    IRecordFields? Record => null;
}
