using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;

namespace Demilune.Orchestrator.Managers;

/// <summary>What a SecurityManager's status has to say. Pure.</summary>
internal static class ManagerReport
{
    private const int MaxNames = 500;

    public static SecurityManagerStatus Of(SecurityManager manager, ManagerView view, DateTimeOffset now) => new()
    {
        Policies = view.Listed is { } listed ? [.. listed.Select(entry => entry.Name).Order(StringComparer.Ordinal).Take(MaxNames)] : null,
        ObservedGeneration = manager.Metadata.Generation,
        Conditions =
        [
            view.Trouble is { } trouble
                ? Conditions.Next(manager.Status?.Conditions, "Reachable", false, "Silent",
                    $"{trouble}. {(view.Listed is null ? "It never said anything: policies that refer to it are not in force." : "What it said last stays in force.")}", manager.Metadata.Generation, now)
                : Conditions.Next(manager.Status?.Conditions, "Reachable", true, "Answers", "It answered when it was last asked.", manager.Metadata.Generation, now),
        ],
    };
}
