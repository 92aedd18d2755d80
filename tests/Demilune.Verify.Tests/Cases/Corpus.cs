namespace Demilune.Verify.Tests.Cases;

/// <summary>Where the suite's cases lie: in <c>DEMILUNE_CORPUS</c>, or beside the repository. It is not part of it.</summary>
internal static class Corpus
{
    private static readonly Lazy<string?> s_directory = new(Locate);

    /// <summary>Null: it is not on this machine.</summary>
    public static string? Directory => s_directory.Value;

    /// <summary>Every case's name: its path below the suite's <c>tests</c>, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = Directory is null ? [] :
        [.. System.IO.Directory.EnumerateFiles(Directory, "test.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Directory, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    private static string? Locate()
    {
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("DEMILUNE_CORPUS") is { Length: > 0 } named) roots.Add(named);
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
            roots.Add(Path.Combine(above.FullName, "..", "shared", "corpus"));
        return roots.Select(root => Path.GetFullPath(Path.Combine(root, "suricata-verify", "tests"))).FirstOrDefault(System.IO.Directory.Exists);
    }
}
