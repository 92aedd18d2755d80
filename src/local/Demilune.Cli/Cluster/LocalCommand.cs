using System.CommandLine;
using Demilune.Cli.Walk;
using Spectre.Console;

namespace Demilune.Cli.Cluster;

/// <summary><c>demilune local</c>: the cluster on this machine.</summary>
public static class LocalCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "End after the walk, with 0 only if every step held." };
        var noWalk = new Option<bool>("--no-walk") { Description = "Only bring the cluster up, empty." };
        var directory = new Option<string>("--directory") { Description = "State of the cluster; removed when it ends.", DefaultValueFactory = _ => "/var/lib/demilune/local" };
        var run = new Option<string>("--run-directory") { Description = "Sockets and container state; removed when it ends.", DefaultValueFactory = _ => "/run/demilune/local" };
        var bpf = new Option<string>("--bpf-directory") { Description = "Pinned eBPF objects; removed when it ends.", DefaultValueFactory = _ => "/sys/fs/bpf/demilune/local" };
        var programs = new Option<string>("--programs") { Description = "Where the built programs are.", DefaultValueFactory = _ => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..")) };
        var rules = new Option<string>("--rules") { Description = "Rules for the firewall's image.", DefaultValueFactory = _ => "rules" };
        var suricata = new Option<string?>("--suricata") { Description = "Root of an unpacked Suricata (eng/suricata.sh): firewalls may then have the engine suricata." };
        var examples = new Option<string>("--examples") { Description = "What the walk applies.", DefaultValueFactory = _ => Path.Combine("examples", "l7-security") };
        var ports = new Option<string>("--ports") { Description = "Ports on 127.0.0.1: Kubernetes API, node link, REST, Neutron, console.", DefaultValueFactory = _ => "6443,7443,7480,9696,7481" };
        var four = new Option<string>("--pod-network-v4") { Description = "Addresses of the pods.", DefaultValueFactory = _ => "10.244.0.0/16" };
        var six = new Option<string>("--pod-network-v6") { Description = "Addresses of the pods.", DefaultValueFactory = _ => "fd00:244::/64" };
        ports.Validators.Add(result =>
        {
            if (ParsePorts(result.GetValueOrDefault<string>()) is null) result.AddError("--ports needs five different TCP ports, separated by commas");
        });
        var up = new Command("run", "Bring up a cluster on this machine, walk through the product on real packets, and keep it running until Ctrl-C. Needs root.")
        {
            once, noWalk, directory, run, bpf, programs, rules, suricata, examples, ports, four, six,
        };
        up.SetAction((parsed, stop) =>
        {
            var listen = ParsePorts(parsed.GetValue(ports))!;
            var layout = new ClusterLayout(parsed.GetValue(programs)!, parsed.GetValue(directory)!, parsed.GetValue(run)!, parsed.GetValue(bpf)!)
            {
                Rules = parsed.GetValue(rules)!,
                Suricata = parsed.GetValue(suricata),
                ApiPort = listen[0],
                LinkPort = listen[1],
                RestPort = listen[2],
                NeutronPort = listen[3],
                ConsolePort = listen[4],
                PodNetwork4 = parsed.GetValue(four),
                PodNetwork6 = parsed.GetValue(six),
            };
            return RunAsync(layout, parsed.GetValue(examples)!, parsed.GetValue(once), parsed.GetValue(noWalk), stop);
        });
        return new Command("local", "A small Kubernetes on this machine: no installation, no registry, nothing left behind.") { up };
    }

    private static int[]? ParsePorts(string? text)
    {
        var ports = (text ?? "").Split(',').Select(part => ushort.TryParse(part, out var port) ? port : 0).ToArray();
        return ports.Length == 5 && ports.Distinct().Count() == 5 && !ports.Contains(0) ? ports : null;
    }

    private static async Task<int> RunAsync(ClusterLayout layout, string examples, bool once, bool noWalk, CancellationToken stop)
    {
        var console = AnsiConsole.Console;
        // Into a file or a pipe: tables of kubectl must not be folded at 80 columns.
        if (Console.IsOutputRedirected) console.Profile.Width = 220;
        var cluster = new LocalCluster(layout);
        var held = true;
        try
        {
            await cluster.UpAsync(step => console.MarkupLineInterpolated($"[grey]{DateTime.UtcNow:HH:mm:ss.f}[/] {step}"), stop);
            if (!noWalk) held = await new Walkthrough(cluster, examples, console).RunAsync(stop);
            if (!once)
            {
                SayHowToGoOn(console, layout);
                await Task.Delay(Timeout.Infinite, stop);
            }
        }
        catch (OperationCanceledException)
        {
            console.WriteLine();
        }
        catch (Exception error) when (error is ClusterException or InvalidOperationException or StepFailedException)
        {
            console.WriteLine();
            console.MarkupLineInterpolated($"[red]{error.Message}[/]");
            held = false;
        }
        finally
        {
            if (!held) KeepLogs(layout, console);
            await cluster.DownAsync(step => console.MarkupLineInterpolated($"[grey]{DateTime.UtcNow:HH:mm:ss.f}[/] {step}"));
        }

        return held ? 0 : 1;
    }

    private static void SayHowToGoOn(IAnsiConsole console, ClusterLayout layout)
    {
        console.WriteLine();
        console.Write(new Rule("It keeps running; go on by hand").LeftJustified());
        console.MarkupLineInterpolated($"  export KUBECONFIG={layout.Kubeconfig}");
        console.MarkupLineInterpolated($"  kubectl get securitypolicies,firewalls,podports -A");
        console.MarkupLineInterpolated($"  kubectl exec -n shop client -- curl -s -m 3 'http://WEB/search?id=1%27%20OR%20%271%27=%271'");
        console.MarkupLineInterpolated($"  {Path.Combine(layout.Programs, "Demilune.Cli", "demilune")} alerts -f");
        console.MarkupLineInterpolated($"  edit examples/l7-security/02-policy.yaml and kubectl apply -f it: the effect is there within a second");
        console.MarkupLineInterpolated($"  logs: {layout.Logs}   REST: {layout.Rest}v1/status   Neutron: {layout.Neutron}v2.0/");
        console.MarkupLineInterpolated($"  web console: {layout.Console} (sign in with: kubectl create token -n demilune-system default)");
        console.MarkupLineInterpolated($"Ctrl-C ends it and removes everything.");
    }

    /// <summary>The cluster's files go with it; what explains a failure must not.</summary>
    private static void KeepLogs(ClusterLayout layout, IAnsiConsole console)
    {
        if (!Directory.Exists(layout.Logs)) return;
        var kept = Path.Combine(Path.GetTempPath(), $"demilune-logs-{DateTime.UtcNow:yyyyMMdd-HHmmss}");
        Directory.CreateDirectory(kept);
        foreach (var log in Directory.EnumerateFiles(layout.Logs)) File.Copy(log, Path.Combine(kept, Path.GetFileName(log)), overwrite: true);
        console.MarkupLineInterpolated($"[yellow]the logs of all processes are kept in {kept}[/]");
    }
}
