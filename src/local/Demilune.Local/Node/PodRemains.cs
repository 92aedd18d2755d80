using Demilune.Local.Node.Containers;

namespace Demilune.Local.Node;

/// <summary>Removes what a pod left on this machine, network aside.</summary>
internal static class PodRemains
{
    /// <summary>Containers, their cgroups, volumes, logs and records. Safe to repeat.</summary>
    public static async Task RemoveAsync(NodeServices node, string uid, CancellationToken cancellation)
    {
        var starter = new ContainerStarter(node);
        foreach (var bundle in Directory.GetDirectories(node.Paths.Bundles, uid + "_*")) await starter.RemoveAsync(Path.GetFileName(bundle), cancellation);
        foreach (var exit in Directory.GetFiles(node.Paths.Exits, uid + "_*")) File.Delete(exit);
        Cgroups.Remove($"{node.Paths.CgroupParent}/{uid}");
        var folder = node.Paths.Pod(uid);
        if (!Directory.Exists(folder)) return;
        await Mounts.RemoveBelowAsync(folder, cancellation);
        Directory.Delete(folder, recursive: true);
    }
}
