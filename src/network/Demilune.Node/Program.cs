using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Demilune.Node;
using Demilune.Node.Attachments;
using Demilune.Node.CniServer;
using Demilune.Node.ControllerLink;
using Demilune.Node.Datapath;
using Demilune.Node.FirewallLink;
using Demilune.Node.Names;
using Demilune.Node.Observation;
using Demilune.Node.Seccomp;
using Microsoft.Extensions.Logging;

var node = Program.Option("--node", "NODE", "Name of this node in Kubernetes.", Environment.MachineName);
var controller = Program.Option("--controller", "URL,…", "The controller's node link; of several controllers, each one's: whichever leads answers.", "https://127.0.0.1:7443");
var linkDirectory = Program.Option("--node-link-directory", "DIR", "Holds ca.crt, the authority of the node link, and token, by which this node is known.", "/var/lib/demilune/node-link");
var runDirectory = Program.Option("--run-directory", "DIR", "Sockets, attachments, the last state.", "/run/demilune");
var bpfDirectory = Program.Option("--bpf-directory", "DIR", "Where maps and links are pinned.", "/sys/fs/bpf/demilune");
var cniPlugin = Program.Option("--cni-plugin", "FILE", "Install this CNI plugin for the node's container runtime; empty: somebody else has.", "");
var cniBin = Program.Option("--cni-bin-directory", "DIR", "Where the runtime looks for CNI plugins.", "/opt/cni/bin");
var cniConfig = Program.Option("--cni-config-directory", "DIR", "Where the runtime looks for CNI configurations.", "/etc/cni/net.d");
var seccomp = Program.Option("--seccomp-directory", "DIR", "Where this node's kubelet looks for seccomp profiles (/var/lib/kubelet/seccomp): firewalls get one of their own; empty: the runtime's default.", "");
var ovsdb = Program.Option("--ovsdb", "SOCKET", "Database of the node's Open vSwitch, where a cloud's ports are plugged in.", AgentOptions.UsualOvsDatabase);
var gateway = Program.Option("--gateway-interface", "NAME", "This node's interface to the outside: routers' gateways and floating addresses may be here; empty: they may not.", "");
var uninstall = new Option<bool>("--uninstall") { Description = "Remove everything this node agent has put into the kernel and its run directory, then exit." };
var root = new RootCommand(
    "The node agent: puts pods on the network, enforces their policy in the kernel, and splices selected traffic through the node's "
    + "firewalls. Every option may also be set as DEMILUNE_NODE, DEMILUNE_CONTROLLER, … in the environment. On SIGTERM it stops and "
    + "leaves the kernel's state for its successor: no packet is lost by a restart.")
{
    node, controller, linkDirectory, runDirectory, bpfDirectory, cniPlugin, cniBin, cniConfig, seccomp, ovsdb, gateway, uninstall,
};
controller.Validators.Add(result =>
{
    if (!result.GetValueOrDefault<string>()!.Split(',').All(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == "https"))
        result.AddError("--controller must be URLs of https with commas between them.");
});
root.SetAction(async (parsed, stop) =>
{
    Uri[] controllers = [.. parsed.GetValue(controller)!.Split(',').Select(url => new Uri(url))];
    var options = new AgentOptions(
        parsed.GetValue(node)!, controllers[0], parsed.GetValue(linkDirectory)!, parsed.GetValue(runDirectory)!, parsed.GetValue(bpfDirectory)!)
    {
        OtherControllers = controllers[1..],
        SeccompDirectory = parsed.GetValue(seccomp) is { Length: > 0 } profiles ? profiles : null,
        GatewayInterface = parsed.GetValue(gateway) is { Length: > 0 } external ? external : null,
        OvsDatabase = parsed.GetValue(ovsdb)!,
        Cni = parsed.GetValue(cniPlugin) is { Length: > 0 } plugin ? new(plugin, parsed.GetValue(cniBin)!, parsed.GetValue(cniConfig)!) : null,
    };
    if (parsed.GetValue(uninstall))
    {
        Uninstall.Run(options, Console.Out);
        return 0;
    }

    return await Program.RunAsync(options, stop);
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });

internal static partial class Program
{
    public static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static Option<string> Option(string name, string value, string description, string fallback)
    {
        var variable = "DEMILUNE_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
        return new(name)
        {
            Description = description,
            HelpName = value,
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : fallback,
        };
    }

    public static async Task<int> RunAsync(AgentOptions options, CancellationToken stop)
    {
        using var factory = LoggerFactory.Create(builder => builder.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        }));
        var log = factory.CreateLogger("demilune-node");
        NodeSettings.Prepare(log);
        Directory.CreateDirectory(options.RunDirectory);
        using var journal = new NameJournal(options.NamesFile);
        using var datapath = SpliceDatapath.Open(options, new LearntNames(journal));
        var attachments = new AttachmentStore(options.AttachmentDirectory);
        using var agent = new Agent(datapath, attachments, LastState.Load(options.LastStateFile), log);
        var eve = new EveBuffer();
        using var links = new FirewallLinks(options.FirewallDirectory, eve, log);
        links.Publish(agent.State);
        agent.CombinationsChanged += () => links.Publish(agent.State);
        links.PaceChanged += () => links.TellPace(agent.ReceivePace);
        using var listener = AnswerListener.Start(agent, TimeProvider.System, log);
        var observer = new Observer(agent, links, TimeProvider.System, log)
        {
            SeccompProfile = options.SeccompDirectory is { } profiles ? FirewallProfile.Install(profiles, log) : null,
        };
        using var client = new ControllerClient(agent, links, observer, eve, options, log);
        var verbs = new CniVerbs(agent, options, log);
        using var cni = new CniSocket(options.CniSocket, async (request, cancelled) =>
        {
            var reply = await verbs.AnswerAsync(request, cancelled);
            client.Wake();
            return reply;
        });
        options.Cni?.Install(options.CniSocket);
        log.Started(options.Node, agent.State.Revision, attachments.All.Count, options.CniSocket);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
        Task[] tasks = [cni.ServeAsync(stopping.Token), client.RunAsync(stopping.Token), observer.WatchLivenessAsync(stopping.Token), listener?.Ended ?? Task.Delay(Timeout.Infinite, stopping.Token)];
        // The first to end ends all: one that died of a bug must not leave an agent that looks alive.
        var first = await Task.WhenAny(tasks);
        await stopping.CancelAsync();
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsFaulted) await first;
        return 0;
    }
}
