using System.Diagnostics;
using Demilune.Cli.Cluster;
using Spectre.Console;

namespace Demilune.Cli.Walk;

/// <summary>
/// The four steps of the product on a running local cluster, each shown as it happens, and then what happens when the
/// firewall dies. A step holds only if what it looked for was seen.
/// </summary>
public sealed class Walkthrough(LocalCluster cluster, string examples, IAnsiConsole console)
{
    private readonly List<(string Step, bool Held, string Why)> _results = [];

    /// <summary>What was measured on the way, name → value, for the summary.</summary>
    public List<(string Name, string Value)> Measured { get; } = [];

    /// <returns>True if all steps held.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        using var evidence = new Evidence(cluster.Layout.Rest);
        var scene = new Scene(cluster, evidence, examples, console, this);
        (string Title, Func<CancellationToken, Task> Step)[] steps =
        [
            ("1. Policy: an ordinary NetworkPolicy names a security policy", new PolicyStep(scene).RunAsync),
            ("2. Deploy: a firewall comes up next to the pods", new DeployStep(scene).RunAsync),
            ("3. Redirect: just the selected traffic goes through it", new RedirectStep(scene).RunAsync),
            ("4. Block: attacks end there, ordinary traffic does not notice", new BlockStep(scene).RunAsync),
            ("5. Failure: the firewall is killed, Closed and Open", new FailureStep(scene).RunAsync),
        ];
        foreach (var (title, step) in steps)
        {
            console.WriteLine();
            console.Write(new Rule(Markup.Escape(title)).LeftJustified());
            try
            {
                await step(stop);
                _results.Add((title, true, ""));
            }
            catch (StepFailedException failed)
            {
                console.MarkupLineInterpolated($"[red]DID NOT HOLD:[/] {failed.Message}");
                _results.Add((title, false, failed.Message));
                break;      // the later steps stand on this one
            }
        }

        if (_results.TrueForAll(result => result.Held)) Footprint.Measure(cluster, Measured);
        Summarise();
        return _results.Count == steps.Length && _results.TrueForAll(result => result.Held);
    }

    private void Summarise()
    {
        console.WriteLine();
        console.Write(new Rule("Summary").LeftJustified());
        foreach (var (step, held, why) in _results)
            console.MarkupLineInterpolated($"{(held ? "held    " : "DID NOT ")} {step}{(why.Length > 0 ? $": {why}" : "")}");
        if (Measured.Count == 0) return;
        console.WriteLine();
        foreach (var (name, value) in Measured) console.MarkupLineInterpolated($"  {name,-58} {value}");
    }
}

/// <summary>A step looked for something and did not see it.</summary>
public sealed class StepFailedException(string message) : Exception(message);

/// <summary>What every step works with.</summary>
public sealed class Scene(LocalCluster cluster, Evidence evidence, string examples, IAnsiConsole console, Walkthrough walk)
{
    public const string Namespace = "shop";

    public LocalCluster Cluster => cluster;

    public Evidence Evidence => evidence;

    public string Examples => examples;

    /// <summary>Addresses of the web pod, set by the first step.</summary>
    public string Web { get; set; } = "";

    public string Web6 { get; set; } = "";

    public void Say(string line) => console.WriteLine("  " + line);

    public void Show(string command, string output)
    {
        console.MarkupLineInterpolated($"  [bold]$ {command}[/]");
        foreach (var line in output.TrimEnd().Split('\n')) console.WriteLine("    " + line);
    }

    public void Measure(string name, string value) => walk.Measured.Add((name, value));

    public static void Need(bool condition, string otherwise)
    {
        if (!condition) throw new StepFailedException(otherwise);
    }

    /// <summary>Runs kubectl, shows command and output.</summary>
    public async Task<string> KubectlAsync(CancellationToken stop, params string[] arguments)
    {
        var outcome = await cluster.Kubectl.RunAsync(stop, arguments);
        Show("kubectl " + string.Join(' ', arguments), outcome.Succeeded ? outcome.Output : outcome.Output + outcome.Errors);
        Need(outcome.Succeeded, $"kubectl {string.Join(' ', arguments)}: {outcome.Summary}");
        return outcome.Output;
    }

    /// <summary>HTTP status that a pod gets, "000" if it gets none.</summary>
    public async Task<string> StatusOfAsync(string pod, string address, CancellationToken stop, string options = "-m 2")
    {
        var outcome = await ExecAsync(pod, $"curl -g -s -o /dev/null -w '%{{http_code}}' {options} '{address}'", stop);
        return outcome.Output.Trim() is { Length: > 0 } status ? status : "000";
    }

    public Task<Outcome> ExecAsync(string pod, string command, CancellationToken stop) =>
        cluster.Kubectl.ExecAsync(Namespace, pod, command, TimeSpan.FromSeconds(90), stop);

    /// <summary>Waits for something to be seen.</summary>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> seen, TimeSpan limit, CancellationToken stop, int pauseMs = 50)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await seen())
        {
            Need(Stopwatch.GetElapsedTime(started) < limit, $"not within {limit.TotalSeconds:0} s: {what}");
            await Task.Delay(pauseMs, stop);
        }

        return Stopwatch.GetElapsedTime(started);
    }
}
