using Demilune.Local.Images;

namespace Demilune.Local.Node.Containers;

/// <summary>A container's root: its image, never written, under a layer in memory of its own.</summary>
/// <remarks>The layer in memory counts against the container's memory limit, is bounded, and leaves nothing to clean but a mount.</remarks>
internal static class RootFileSystem
{
    /// <summary>What a container may write outside its volumes.</summary>
    private const string LayerSize = "256m";

    /// <returns>Where the root is.</returns>
    public static async Task<string> MountAsync(Image image, string bundle, CancellationToken cancellation)
    {
        var (layer, root) = (Path.Combine(bundle, "layer"), Path.Combine(bundle, "root"));
        Directory.CreateDirectory(layer);
        Directory.CreateDirectory(root);
        await Mounts.MountAsync("tmpfs", "demilune", layer, $"mode=755,size={LayerSize}", cancellation);
        var (upper, work) = (Directory.CreateDirectory(Path.Combine(layer, "upper")).FullName, Directory.CreateDirectory(Path.Combine(layer, "work")).FullName);
        await Mounts.MountAsync("overlay", "demilune", root, $"lowerdir={Escape(image.RootPath)},upperdir={Escape(upper)},workdir={Escape(work)}", cancellation);
        return root;
    }

    /// <summary>Colons separate layers and commas options in overlay's language.</summary>
    private static string Escape(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);
}
