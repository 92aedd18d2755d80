using System.Diagnostics;
using System.Globalization;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>
/// Everything at once, at random: processes are killed, policies change, pods come and go. Who may not speak never does meanwhile, and in the end all is
/// as it is asked for, and nothing is left over.
/// </summary>
public sealed class SoakTests(SoakFixture shop, ITestOutputHelper output) : IClassFixture<SoakFixture>
{
    private const string Attack = "/search?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--";
    private const int MostExtraPods = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<string> _extra = [];
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_minutes_of_everything_end_in_what_is_asked_for()
    {
        Assert.SkipUnless(Stage.IsAll, "takes ten minutes: ./test --all, or DEMILUNE_TEST_ALL=1 and DEMILUNE_SOAK_SECONDS");
        shop.SkipWhereImpossible();
        var lasting = TimeSpan.FromSeconds(Number("DEMILUNE_SOAK_SECONDS") ?? 600);
        var seed = Number("DEMILUNE_SOAK_SEED") ?? Random.Shared.Next();
        output.WriteLine($"seed {seed}, {lasting.TotalSeconds:0} s");
        var random = new Random(seed);
        await SettleAsync();
        var before = await MeasureAsync();
        await AskOnAsync("attacker", lasting);
        await AskOnAsync("client", lasting);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < lasting; await Task.Delay(random.Next(100, 1500), Stop)) await ActAsync(random);
        foreach (var pod in _extra) await shop.Cluster.Kubectl.RunAsync(Stop, "delete", "pod", pod, "-n", Scene.Namespace, "--wait=true", "--timeout=60s");
        await SettleAsync();
        var (tries, requests) = (await AnswersAsync("attacker"), await AnswersAsync("client"));
        var after = before;
        await Scene.UntilAsync("nothing is left over", async () => (after = await MeasureAsync()).IsAsGoodAs(before), Patience, Stop, 1000);
        output.WriteLine($"{string.Join(", ", _done.Select(done => $"{done.Value} × {done.Key}"))}; {requests.Count(status => status == "200")} of {requests.Length} requests answered, "
            + $"{tries.Length} forbidden ones; before {before}, after {after}");
        Assert.NotEmpty(tries);
        Assert.Contains("200", requests);
        Assert.All(tries, status => Assert.Equal("000", status));
    }

    /// <summary>Has a pod ask for a page for so long. Into a file of its own: who listens through the API server is cut off with it.</summary>
    private Task AskOnAsync(string pod, TimeSpan lasting)
    {
        var loop = $"end=$(($(date +%s)+{lasting.TotalSeconds:0})); while [ $(date +%s) -lt $end ]; do curl -s -o /dev/null -w '%{{http_code}}\\n' -m 1 http://{shop.Scene.Web}/; sleep 0.1; done";
        return shop.Scene.ExecAsync(pod, $"setsid sh -c \"{loop.Replace("$", "\\$", StringComparison.Ordinal)}\" > /tmp/answers 2> /dev/null < /dev/null &", Stop);
    }

    private async Task<string[]> AnswersAsync(string pod) => (await shop.Scene.ExecAsync(pod, "cat /tmp/answers", Stop)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task ActAsync(Random random)
    {
        var cluster = shop.Cluster;
        var kubectl = cluster.Kubectl;
        // What fails because somebody was just killed is tried by whoever wants it, later; here the dice fall again.
        switch (random.Next(10))
        {
            case 0: Restart(cluster.Agent, "agent killed"); break;
            case 1: Restart(cluster.Controller, "controller killed"); break;
            case 2: Restart(cluster.Local, "API server killed"); break;
            case 3 when EngineProcess.All(cluster.Layout, "demilune").FirstOrDefault() is var pid and > 0:
                Signal.Send(pid, Signal.Kill);
                Count("engine killed");
                break;
            case 4:
                await TryAsync("firewall's pod deleted", "delete", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "--wait=false");
                break;
            case 5:
                await TryAsync("mode changed", "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", $$$"""{"spec":{"mode":"{{{(random.Next(2) == 0 ? "Detect" : "Prevent")}}}"} }""");
                break;
            case 6:
                await TryAsync("failure policy changed", "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", $$$"""{"spec":{"onFailure":"{{{((string[])["Closed", "Open", "ClosedForNew"])[random.Next(3)]}}}"} }""");
                break;
            case 7:
                await TryAsync("rules changed", "patch", "securitypolicy", "web-attacks", "--type=merge", "-p",
                    $$$"""{"spec":{"rules":[{"builtin":"web-baseline"},{"inline":"drop http any any -> any any (http.uri; content:\"word{{{random.Next(100)}}}\"; {{{(random.Next(4) == 0 ? "nonsense; " : "")}}}sid:1000099;)"}]} }""");
                break;
            case 8 when _extra.Count < MostExtraPods:
                var name = string.Create(CultureInfo.InvariantCulture, $"extra-{random.Next(1_000_000)}");
                if (await TryAsync("pod made", "run", name, "-n", Scene.Namespace, "--image=demilune.local/host:latest", "--labels=app=web", "--restart=Never", "--command", "--", "sleep", "infinity")) _extra.Add(name);
                break;
            case 9 when _extra.Count > 0:
                if (await TryAsync("pod deleted", "delete", "pod", _extra[0], "-n", Scene.Namespace, "--wait=false")) _extra.RemoveAt(0);
                break;
        }

        async Task<bool> TryAsync(string what, params string[] arguments)
        {
            var succeeded = (await kubectl.RunAsync(TimeSpan.FromSeconds(10), Stop, arguments)).Succeeded;
            Count(succeeded ? what : $"{what} in vain");
            return succeeded;
        }
    }

    private void Restart(ClusterProcess process, string what)
    {
        process.Kill();
        process.Start();
        Count(what);
    }

    private void Count(string what) => _done[what] = _done.GetValueOrDefault(what) + 1;

    /// <summary>As the example has it, and seen to be so.</summary>
    private async Task SettleAsync()
    {
        var (scene, kubectl) = (shop.Scene, shop.Cluster.Kubectl);
        await Scene.UntilAsync("Kubernetes answers", async () => (await kubectl.RunAsync(TimeSpan.FromSeconds(5), Stop, "get", "--raw", "/readyz")).Succeeded, Patience, Stop, 200);
        await Scene.UntilAsync("the example is applied", async () => (await kubectl.RunAsync(TimeSpan.FromSeconds(10), Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"))).Succeeded, Patience, Stop, 200);
        // Fields that the example does not have and a patch left.
        await kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", """{"spec":{"onFailure":null}}""");
        await Scene.UntilAsync("the policy is enforced", () => DeployStep.EnforcedAsync(scene, Stop), Patience, Stop, 200);
        await Scene.UntilAsync("requests pass", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 2") == "200", Patience, Stop, 200);
        await Scene.UntilAsync("attacks do not", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}{Attack}", Stop, "-m 2") == "000", Patience, Stop, 200);
        Assert.Equal("000", await scene.StatusOfAsync("attacker", $"http://{scene.Web}/", Stop, "-m 0.5"));
    }

    private async Task<Measures> MeasureAsync()
    {
        var cluster = shop.Cluster;
        var pods = (await cluster.Kubectl.NeedAsync(Stop, "get", "pods", "-A", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        var ports = (await cluster.NetworkAsync("ports", "ports", Stop)).Count;
        var groups = (await cluster.NetworkAsync("security-groups", "security_groups", Stop)).Count;
        var classifiers = (await cluster.NetworkAsync("sfc/flow_classifiers", "flow_classifiers", Stop)).Count;
        var pins = Directory.EnumerateFiles(cluster.Layout.BpfDirectory, "*", SearchOption.AllDirectories).Count();
        var mounts = File.ReadLines("/proc/self/mountinfo").Count(line => line.Contains(cluster.Layout.RunDirectory + "/", StringComparison.Ordinal));
        return new(pods, ports, groups, classifiers, pins, mounts, MemoryOf("demilune-node") + MemoryOf("demilune-controller") + MemoryOf("demilune-local"));

        // What is alive of this cluster, by its run directory.
        long MemoryOf(string program) => Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0])).Sum(path =>
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(path, "cmdline"));
                return Path.GetFileName(command.Split('\0')[0]) == program && command.Contains(cluster.Layout.RunDirectory, StringComparison.Ordinal)
                    ? long.Parse(File.ReadAllText(Path.Combine(path, "statm")).Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize >> 20 : 0;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        });
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    private sealed record Measures(int Pods, int Ports, int SecurityGroups, int Classifiers, int Pins, int Mounts, long MegabytesOfMemory)
    {
        /// <summary>The same counts; memory may differ, but not by half of it and 200 MB.</summary>
        public bool IsAsGoodAs(Measures before) =>
            this with { MegabytesOfMemory = 0 } == before with { MegabytesOfMemory = 0 } && MegabytesOfMemory < before.MegabytesOfMemory * 3 / 2 + 200;
    }
}

/// <summary>A cluster of its own: what is counted must not be anybody else's.</summary>
public sealed class SoakFixture() : ShopFixture(Stage.Layout(7))
{
    protected override bool IsNeeded => base.IsNeeded && Stage.IsAll;
}
