using System.Text.Json;
using Demilune.Local.Node.Lifecycle;

namespace Demilune.Local.Node;

/// <summary>What a container's observation keeps across a restart of this process; the rest is observed again.</summary>
internal sealed record ContainerRecord(
    int? Attempt, int Crashes, string? ContainerId, string? ImageId, DateTimeOffset? StartedAt, Termination? Ended, Termination? Last)
{
    public static ContainerRecord Of(ContainerObservation seen) => new(
        seen.Attempt, seen.Crashes, seen.ContainerId, seen.ImageId,
        seen.State is ContainerState.Running running ? running.StartedAt : null,
        seen.State is ContainerState.Terminated ended ? ended.How : null, seen.Last);

    /// <summary>As it stood; whether a running one still runs is for the caller to look at.</summary>
    public ContainerObservation Restore() => new()
    {
        Attempt = Attempt, Crashes = Crashes, ContainerId = ContainerId, ImageId = ImageId, Last = Last,
        State = Ended is { } how ? new ContainerState.Terminated(how)
            : StartedAt is { } started ? new ContainerState.Running(started)
            : new ContainerState.Waiting("ContainerCreating"),
    };

    public static string File(NodePaths paths, string uid, string container) => Path.Combine(paths.Pod(uid), "containers", container + ".json");

    public static ContainerRecord? Read(string file)
    {
        try
        {
            return System.IO.File.Exists(file) ? JsonSerializer.Deserialize(System.IO.File.ReadAllText(file), RecordJson.Default.ContainerRecord) : null;
        }
        catch (JsonException)
        {
            return null;    // written by another version: the container counts as never started, its remains are removed by its name
        }
    }

    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        RecordJson.Write(file, JsonSerializer.Serialize(this, RecordJson.Default.ContainerRecord));
    }
}
