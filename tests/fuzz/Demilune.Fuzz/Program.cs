using System.Globalization;
using Demilune.Fuzz;

// demilune-fuzz TARGET|all [--seconds N] [--seed S] [--corpus DIRECTORY]
var targets = FuzzTargets.All;
if (args is [] or ["--help" or "-h"])
{
    Console.WriteLine("demilune-fuzz TARGET|all [--seconds N] [--seed S] [--corpus DIRECTORY]");
    foreach (var target in targets) Console.WriteLine($"  {target.Name,-16} {target.Description}");
    return 0;
}
var seconds = int.Parse(Option("--seconds") ?? "10", CultureInfo.InvariantCulture);
var seed = int.Parse(Option("--seed") ?? Environment.TickCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
var corpus = Option("--corpus") ?? Path.Combine(AppContext.BaseDirectory, "corpus");
var chosen = args[0] == "all" ? targets : [.. targets.Where(target => target.Name == args[0])];
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"demilune-fuzz: there is no target \"{args[0]}\"; --help lists them");
    return 2;
}
var failed = 0;
foreach (var target in chosen) failed += new FuzzRun(target, Path.Combine(corpus, target.Name), seed).For(TimeSpan.FromSeconds((double)seconds / chosen.Count)) ? 0 : 1;
return failed == 0 ? 0 : 1;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var index && index + 1 < args.Length ? args[index + 1] : null;
