using Demilune.Rules.Syntax;

namespace Demilune.Rules.Tests.Corpus;

/// <summary>Emerging Threats Open, where it is at hand: DEMILUNE_CORPUS, or shared/corpus beside the repository.</summary>
internal static class EtOpen
{
    public static string? Directory { get; } = Find();

    public static IEnumerable<RuleSource> Sources() =>
        System.IO.Directory.GetFiles(Directory!, "*.rules").Order(StringComparer.Ordinal).Select(path => new RuleSource(Path.GetFileName(path), File.ReadAllText(path)));

    private static string? Find()
    {
        var candidates = new List<string?> { Environment.GetEnvironmentVariable("DEMILUNE_CORPUS") };
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent) candidates.Add(Path.Combine(up.FullName, "shared", "corpus"));
        return candidates.OfType<string>().Select(root => Path.Combine(root, "et-open")).FirstOrDefault(System.IO.Directory.Exists);
    }
}
