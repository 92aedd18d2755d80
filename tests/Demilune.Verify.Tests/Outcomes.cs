using System.Collections.Frozen;
using Demilune.Verify.Tests.Cases;
using Demilune.Verify.Tests.Checks;

namespace Demilune.Verify.Tests;

/// <summary>Every case's outcome, found once and on all cores: a case takes milliseconds, and there are hundreds.</summary>
/// <remarks><c>DEMILUNE_VERIFY=WORD</c>: only cases whose name contains it. <c>DEMILUNE_VERIFY_REPORT=FILE</c>: all outcomes, a line each.</remarks>
public sealed class Outcomes
{
    /// <summary>Names that pass and have to go on passing. Rewritten by <c>UPDATE_PASSING=FILE</c>; review the diff.</summary>
    internal static FrozenSet<string> Passing { get; } =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "passing.txt")).Where(line => line.Length > 0).ToFrozenSet(StringComparer.Ordinal);

    internal FrozenDictionary<string, CaseOutcome> ByName { get; }

    public Outcomes()
    {
        var word = Environment.GetEnvironmentVariable("DEMILUNE_VERIFY") ?? "";
        var names = Corpus.Names.Where(name => name.Contains(word, StringComparison.Ordinal)).ToArray();
        ByName = names.AsParallel().Select(CaseRun.Of).ToFrozenDictionary(outcome => outcome.Name);
        if (Environment.GetEnvironmentVariable("DEMILUNE_VERIFY_REPORT") is { Length: > 0 } report)
            File.WriteAllLines(report, names.Select(name => $"{(ByName[name].Passed ? "PASS" : "FAIL")}\t{name}\t{ByName[name].Failure}"));
        if (word.Length == 0 && Environment.GetEnvironmentVariable("UPDATE_PASSING") is { Length: > 0 } file)
            File.WriteAllLines(file, names.Where(name => ByName[name].Passed));
    }
}
