namespace Demilune.Cli.Policies.Cases;

/// <summary>The cases of a directory, and what they begin with.</summary>
internal static class CaseLibrary
{
    private const string Bases = "bases";

    /// <summary>Every case below a directory, or the one in a file, in order of their names.</summary>
    /// <exception cref="InvalidDataException">One of them is no case.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static IEnumerable<PolicyCase> Read(string path) => Find(path).Select(file => file.Read());

    /// <summary>As <see cref="Read(string)"/>, each to be read by itself.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static IReadOnlyList<CaseFile> Find(string path)
    {
        if (File.Exists(path)) return [new(path, Path.GetDirectoryName(Path.GetFullPath(path))!)];
        return
        [
            .. Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" && Path.GetFileName(Path.GetDirectoryName(file)) != Bases)
                .Order(StringComparer.Ordinal)
                .Select(file => new CaseFile(file, path)),
        ];
    }

    /// <param name="Root">Names are relative to it.</param>
    internal sealed record CaseFile(string Path, string Root)
    {
        public string Name { get; } = System.IO.Path.ChangeExtension(System.IO.Path.GetRelativePath(Root, Path), null);

        /// <exception cref="InvalidDataException">It is no case.</exception>
        public PolicyCase Read() => PolicyCase.Parse(File.ReadAllText(Path), Name, name => FindBase(Path, name));
    }

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
