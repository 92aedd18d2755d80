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
// Ctrl-C on a running local cluster takes it down; that is work, and must not be cut short.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(3) });
