namespace Demilune.Local.Node.Containers;

/// <summary>Names a run of a container to the OCI runtime: unique per pod, container and run, and found again after a restart of this process.</summary>
internal static class ContainerIdentity
{
    /// <param name="uid">Of the pod.</param>
    public static string Of(string uid, string container, int attempt) => $"{uid}_{container}_{attempt}";
}
