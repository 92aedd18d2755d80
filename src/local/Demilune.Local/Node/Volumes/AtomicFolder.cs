namespace Demilune.Local.Node.Volumes;

/// <summary>
/// A folder whose files change all at once: they stand in a generation of their own, <c>..data</c> points at the current one, and each name at
/// <c>..data/name</c>. The same layout as kubelet's, which programs that watch their settings know.
/// </summary>
internal static class AtomicFolder
{
    private const string Current = "..data";

    /// <returns>False: the content is what it was.</returns>
    public static async Task<bool> WriteAsync(string folder, IReadOnlyList<ProjectedFile> files, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var link = Path.Combine(folder, Current);
        var before = new DirectoryInfo(link).LinkTarget;
        if (before is not null && Same(Path.Combine(folder, before), files)) return false;

        var generation = $"..{Guid.NewGuid():N}";
        foreach (var file in files)
        {
            var path = Path.Combine(folder, generation, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content);
            File.SetUnixFileMode(path, (UnixFileMode)(file.Mode & 0b111_111_111));
        }
        Directory.CreateDirectory(Path.Combine(folder, generation));    // also when there is no file
        File.Delete(link + ".new");
        File.CreateSymbolicLink(link + ".new", generation);
        // rename(2) of a link that leads to a folder: File.Move would look at the folder.
        await HostCommand.RequireAsync("mv", ["--no-target-directory", link + ".new", link], cancellation);

        var names = files.Select(file => file.Path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(name => new FileInfo(Path.Combine(folder, name)).LinkTarget is null))
            File.CreateSymbolicLink(Path.Combine(folder, name), $"{Current}/{name}");
        foreach (var stale in Directory.EnumerateFileSystemEntries(folder).Where(entry => Path.GetFileName(entry) is var name && !name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(name)))
            File.Delete(stale);
        if (before is not null) Directory.Delete(Path.Combine(folder, before), recursive: true);
        return true;
    }

    private static bool Same(string folder, IReadOnlyList<ProjectedFile> files) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() == files.Count &&
        files.All(file => Path.Combine(folder, file.Path) is var path && File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content));
}
