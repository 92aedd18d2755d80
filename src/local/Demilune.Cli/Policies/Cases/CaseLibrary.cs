namespace Demilune.Cli.Policies.Cases;

/// <summary>The cases of a directory, and what they begin with.</summary>
internal static class CaseLibrary
{
    private const string Bases = "bases";

    /// <summary>Every case below a directory, or the one in a file, in order of their names.</summary>
    /// <exception cref="InvalidDataException">One of them is no case.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static IEnumerable<PolicyCase> Read(string path)
    {
        if (File.Exists(path)) return [Parse(path, Path.GetDirectoryName(Path.GetFullPath(path))!)];
        return Directory.EnumerateFiles(path, "*.yaml", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) != Bases)
            .Order(StringComparer.Ordinal)
            .Select(file => Parse(file, path));
    }

    private static PolicyCase Parse(string file, string root) => PolicyCase.Parse(
        File.ReadAllText(file), Path.ChangeExtension(Path.GetRelativePath(root, file), null), name => FindBase(file, name));

    /// <summary>Next to the case, or in a directory above it.</summary>
    private static string? FindBase(string file, string name)
    {
        for (var directory = Path.GetDirectoryName(Path.GetFullPath(file)); directory is not null; directory = Path.GetDirectoryName(directory))
        {
            var candidate = Path.Combine(directory, Bases, name + ".yaml");
            if (File.Exists(candidate)) return File.ReadAllText(candidate);
        }
        return null;
    }
}
