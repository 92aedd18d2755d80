using System.Collections.Immutable;

namespace Demilune.Orchestrator.Jobs;

/// <summary>A piece of work that an administrator can follow: what it is for, its tasks in the order in which they depend on each other, how far they are.</summary>
/// <param name="Id">Grows; unique within a controller's data directory.</param>
/// <param name="Subject">Of what: "Firewall/default on node n1".</param>
/// <param name="Reason">Why it began.</param>
public sealed record Job(long Id, string Subject, string Reason, DateTimeOffset Began, ImmutableArray<JobTask> Tasks)
{
    public TaskState State =>
        Tasks.Any(task => task.State == TaskState.Failed) ? TaskState.Failed
        : Tasks.All(task => task.State is TaskState.Done or TaskState.Skipped) ? TaskState.Done
        : TaskState.Running;

    public DateTimeOffset? Ended => State is TaskState.Running ? null : Tasks.Max(task => task.Ended);

    public bool IsOver => State != TaskState.Running;
}

/// <param name="Name">Unique within the job.</param>
/// <param name="After">Tasks that have to be done before.</param>
/// <param name="Reason">Why it is as it is; what is waited for.</param>
public sealed record JobTask(string Name, ImmutableArray<string> After, TaskState State, string Reason, DateTimeOffset? Began = null, DateTimeOffset? Ended = null);

public enum TaskState
{
    Waiting,
    Running,
    Done,
    Skipped,
    Failed,
}
