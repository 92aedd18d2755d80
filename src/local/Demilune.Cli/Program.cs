using System.CommandLine;
using System.Reflection;
using Demilune.Cli.Cluster;
using Demilune.Cli.Inspect;
using Demilune.Cli.Observe;
using Demilune.Cli.Policies;
using Demilune.Cli.Rules;

var version = typeof(LocalCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
var versionCommand = new Command("version", "Prints the version.");
versionCommand.SetAction(_ => Console.WriteLine($"demilune {version}"));
var root = new RootCommand("Demilune: layer-7 security for Kubernetes without touching the applications.")
{
    StatusCommand.Create(),
    AlertsCommand.Create(),
    FlowsCommand.Create(),
    InspectCommand.Create(),
    PolicyCommand.Create(),
    RulesCommand.Create(),
    TraceCommand.Create(),
    LocalCommand.Create(),
    versionCommand,
};
// 1 is an answer of many commands; a question that was not understood has none.
const int NotUnderstood = 2;
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // Who names no command is told which there are; for others the whole help would hide what is wrong.
    if (parsed.CommandResult.Command.Subcommands.Count > 0) await parsed.InvokeAsync();
    else
    {
        foreach (var error in parsed.Errors) Console.Error.WriteLine($"demilune {parsed.CommandResult.Command.Name}: {error.Message}");
        Console.Error.WriteLine($"demilune … {parsed.CommandResult.Command.Name} --help says what it takes.");
    }
    return NotUnderstood;
}
// Ctrl-C on a running local cluster takes it down; that is work, and must not be cut short.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(3) });
