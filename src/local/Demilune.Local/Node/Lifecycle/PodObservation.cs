using System.Collections.Immutable;

namespace Demilune.Local.Node.Lifecycle;

/// <summary>All the node knows of one pod at one moment: what was seen, never what is wanted.</summary>
internal sealed record PodObservation
{
    public SandboxState Sandbox { get; init; } = new SandboxState.None();

    /// <summary>By container name, init containers among them. A container that was never tried is absent.</summary>
    public ImmutableDictionary<string, ContainerObservation> Containers { get; init; } =
        ImmutableDictionary.Create<string, ContainerObservation>(StringComparer.Ordinal);

    /// <summary>When this node first saw the pod.</summary>
    public DateTimeOffset? StartTime { get; init; }

    public ContainerObservation Of(string name) => Containers.GetValueOrDefault(name, ContainerObservation.Fresh);

    public PodObservation With(string name, ContainerObservation container) => this with { Containers = Containers.SetItem(name, container) };
}

/// <summary>The pod's namespaces and network.</summary>
internal abstract record SandboxState
{
    /// <summary>Nothing exists.</summary>
    public sealed record None : SandboxState;

    /// <summary>The last attempt failed and was taken back.</summary>
    public sealed record Failed(string Message, int Attempts, DateTimeOffset RetryAt) : SandboxState;

    /// <summary>Namespaces stand and the network is in place.</summary>
    /// <param name="Addresses">As the CNI plugin gave them; the node's own for a pod in the host's network.</param>
    public sealed record Ready(ImmutableArray<string> Addresses) : SandboxState;
}

/// <summary>What is known of one container of a pod, across its restarts.</summary>
internal sealed record ContainerObservation
{
    public static readonly ContainerObservation Fresh = new();

    public ContainerState State { get; init; } = new ContainerState.Waiting("ContainerCreating");

    /// <summary>How the run before the current one ended.</summary>
    public Termination? Last { get; init; }

    /// <summary>Number of the current or last run, 0 for the first; null when it never ran.</summary>
    public int? Attempt { get; init; }

    /// <summary>Ends in a row without a long quiet run between them; decides the next wait.</summary>
    public int Crashes { get; init; }

    public string? ContainerId { get; init; }

    /// <summary>Digest of the image's configuration.</summary>
    public string? ImageId { get; init; }

    /// <summary>True when there is no startup probe or it succeeded once in this run.</summary>
    public bool Started { get; init; }

    /// <summary>What the readiness probe last said in this run; true without one, once started.</summary>
    public bool Ready { get; init; }

    /// <summary>Why liveness or startup gave the container up in this run; null while it has not.</summary>
    public string? Unhealthy { get; init; }

    /// <summary>Set from the moment it is asked to end.</summary>
    public Stopping? Stopping { get; init; }
}

/// <param name="Since">When the request went out.</param>
/// <param name="Deadline">After it the container is killed.</param>
/// <param name="Killed">The kill has been sent.</param>
internal sealed record Stopping(DateTimeOffset Since, DateTimeOffset Deadline, bool Killed = false);

/// <summary>Where a container stands.</summary>
internal abstract record ContainerState
{
    /// <summary>It does not run.</summary>
    /// <param name="RetryAt">After a failed attempt: the time of the next.</param>
    /// <param name="Failures">Failed attempts in a row.</param>
    public sealed record Waiting(string Reason, string? Message = null, DateTimeOffset? RetryAt = null, int Failures = 0) : ContainerState;

    public sealed record Running(DateTimeOffset StartedAt) : ContainerState;

    public sealed record Terminated(Termination How) : ContainerState;
}

/// <summary>How a run of a container ended.</summary>
/// <param name="ExitCode">128 + signal when a signal ended it.</param>
/// <param name="Reason">Completed, Error, OOMKilled or ContainerStatusUnknown.</param>
internal sealed record Termination(
    string ContainerId, int ExitCode, string Reason, string? Message, DateTimeOffset StartedAt, DateTimeOffset FinishedAt)
{
    public bool Succeeded => ExitCode == 0;
}
