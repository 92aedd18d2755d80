namespace Demilune.Orchestrator.Alarms;

/// <summary>Something that somebody should look at, for as long as it is so.</summary>
/// <param name="Id">The same as long as it is the same trouble: kind and object.</param>
/// <param name="Severity">"critical": traffic is blocked or uninspected; "warning".</param>
/// <param name="AcknowledgedBy">Null: nobody has.</param>
/// <param name="Cleared">Null: it still is so.</param>
public sealed record Alarm(
    string Id, string Kind, string Object, string Severity, string Message, DateTimeOffset Since, string? AcknowledgedBy = null, DateTimeOffset? AcknowledgedAt = null,
    DateTimeOffset? Cleared = null);
