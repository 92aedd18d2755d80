namespace Demilune.Console.Reading;

/// <summary>What the orchestrator does, and why.</summary>
/// <param name="State">Running, Done, Failed.</param>
/// <param name="Ended">Null: it goes on.</param>
public sealed record JobView(long Id, string Subject, string Reason, string State, DateTimeOffset Began, DateTimeOffset? Ended, IReadOnlyList<TaskView> Tasks);

/// <param name="After">Tasks that have to be done before.</param>
/// <param name="State">Waiting, Running, Done, Skipped, Failed.</param>
/// <param name="Reason">What is waited for, or why it failed.</param>
public sealed record TaskView(string Name, IReadOnlyList<string> After, string State, string Reason, TimeSpan? Took);

/// <summary>Something that somebody should look at, for as long as it is so.</summary>
/// <param name="Severity">critical, warning.</param>
/// <param name="AcknowledgedBy">Null: nobody has.</param>
/// <param name="Cleared">Null: it still is so.</param>
public sealed record AlarmView(
    string Id, string Kind, string Object, string Severity, string Message, DateTimeOffset Since, string? AcknowledgedBy, DateTimeOffset? Cleared);
