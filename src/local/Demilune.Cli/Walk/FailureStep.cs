using System.Globalization;
using Demilune.Cli.Cluster;

namespace Demilune.Cli.Walk;

/// <summary>The firewall dies; what happens is what the policy says, is decided in the kernel, and is told truthfully.</summary>
internal sealed class FailureStep(Scene scene)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await KillAsync("Closed", stop);
        await scene.KubectlAsync(stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", "{\"spec\":{\"onFailure\":\"Open\"}}");
        await Task.Delay(500, stop);
        await KillAsync("Open", stop);
        await scene.KubectlAsync(stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", "{\"spec\":{\"onFailure\":\"Closed\"}}");
        await Scene.UntilAsync("the policy is enforced again", () => DeployStep.EnforcedAsync(scene, stop), TimeSpan.FromSeconds(30), stop);
        await scene.KubectlAsync(stop, "get", "securitypolicies,firewalls,podports", "-A");
        await scene.KubectlAsync(stop, "get", "events", "-A", "--field-selector", "type=Warning");
    }

    private async Task KillAsync(string onFailure, CancellationToken stop)
    {
        var before = await Traffic.ReadAsync(scene, stop);
        // A client that asks for a page every 20 ms and notes time and outcome of each try.
        var watching = scene.ExecAsync("client", Watcher(scene.Web, seconds: 12), stop);
        await Task.Delay(1500, stop);
        var killedAt = DateTimeOffset.UtcNow;
        var pid = FirewallProcess.Kill();
        scene.Say($"kill -9 {pid}: the firewall's process, onFailure: {onFailure}");

        var truth = false;
        await Scene.UntilAsync("kubectl tells that the firewall is dead", async () => truth = truth
            || (await scene.Cluster.Kubectl.RunAsync(stop, "get", "firewall", "default", "-o", "jsonpath={.status.healthyInstances}")).Output.Trim() is "0" or "",
            TimeSpan.FromSeconds(8), stop, 30);
        await scene.KubectlAsync(stop, "get", "securitypolicies,firewalls,podports", "-A");
        var outcome = await watching;
        var tries = Parse(outcome.Output);
        Scene.Need(tries.Count > 20, $"the watching client did not work: {outcome.Summary}");

        var recovered = await Scene.UntilAsync("a firewall is healthy again", () => DeployStep.EnforcedAsync(scene, stop), TimeSpan.FromSeconds(60), stop);
        _ = recovered;
        var after = await Traffic.ReadAsync(scene, stop);
        var killed = killedAt.ToUnixTimeMilliseconds();
        var failed = tries.Where(attempt => attempt.At >= killed && !attempt.Passed).ToArray();
        var ms = (double value) => value.ToString("0", CultureInfo.InvariantCulture) + " ms";
        var events = await scene.Cluster.Kubectl.RunAsync(
            stop, "get", "events", "-A", "--field-selector", "reason=InstanceDead", "--sort-by", ".lastTimestamp", "-o", "jsonpath={.items[-1:].message}");
        if (DecisionOf(events.Output) is { } decision) scene.Measure($"{onFailure}: silence until the firewall counted as dead", $"{decision} ms");
        if (onFailure == "Closed")
        {
            Scene.Need(failed.Length > 0, "Closed, but every request passed while the firewall was dead");
            Scene.Need(after.PassedOpen == before.PassedOpen, $"Closed, but {after.PassedOpen - before.PassedOpen} packets passed uninspected");
            var back = tries.FirstOrDefault(attempt => attempt.At > failed[^1].At && attempt.Passed);
            var gap = (back.At > 0 ? back.At : failed[^1].At) - killed;
            scene.Say($"requests stopped; {after.DroppedClosed - before.DroppedClosed} packets dropped, 0 passed uninspected; a new firewall served the first request {gap} ms after the kill");
            scene.Measure("Closed: kill until the first request served again", ms(gap));
        }
        else
        {
            Scene.Need(after.PassedOpen > before.PassedOpen, "Open, but no packet passed uninspected while the firewall was dead");
            Scene.Need(after.DroppedClosed == before.DroppedClosed, $"Open, but {after.DroppedClosed - before.DroppedClosed} packets were dropped");
            var longest = tries.Where(attempt => attempt.At >= killed).Select(attempt => (double)attempt.Took).DefaultIfEmpty(0).Max();
            scene.Say($"requests went on: {failed.Length} of {tries.Count(attempt => attempt.At >= killed)} failed, the slowest took {longest:0} ms; {after.PassedOpen - before.PassedOpen} packets passed uninspected");
            Scene.Need(failed.Length <= 3, $"Open, but {failed.Length} requests failed");
            scene.Measure("Open: slowest request across the kill", ms(longest));
        }

        var alertsBefore = (await scene.Evidence.AlertsAsync(stop)).Count;
        var status = await scene.StatusOfAsync("client", $"http://{scene.Web}/search?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--%20-", stop);
        await Scene.UntilAsync("the new firewall blocks", async () => (await scene.Evidence.AlertsAsync(stop)).Count > alertsBefore, TimeSpan.FromSeconds(5), stop);
        scene.Say($"the new firewall blocks the attack again ({(status == "000" ? "connection reset" : status)})");
        Scene.Need(status is "000" or "403", $"after recovery the attack reached the server: HTTP {status}");
    }

    // Shell and curl: a line per try "milliseconds-since-1970 duration-ms status".
    private static string Watcher(string web, int seconds) =>
        $"end=$(($(date +%s)+{seconds})); while [ $(date +%s) -lt $end ]; do a=$(date +%s%3N); c=$(curl -s -o /dev/null -w '%{{http_code}}' -m 0.5 http://{web}/); b=$(date +%s%3N); echo $a $((b-a)) $c; sleep 0.02; done";

    private static List<(long At, long Took, bool Passed)> Parse(string output)
    {
        var tries = new List<(long, long, bool)>();
        foreach (var line in output.Split('\n'))
        {
            var parts = line.Split(' ');
            if (parts.Length == 3 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var at) && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var took))
                tries.Add((at, took, parts[2].Trim() == "200"));
        }

        return tries;
    }

    /// <summary>Of "… decided 109.6 ms after its last heartbeat".</summary>
    private static string? DecisionOf(string message)
    {
        const string before = "decided ", after = " ms after";
        var from = message.LastIndexOf(before, StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf(after, from, StringComparison.Ordinal);
        return to < 0 ? null : message[(from + before.Length)..to];
    }
}

/// <summary>Finds the firewall's process on this machine.</summary>
internal static class FirewallProcess
{
    /// <exception cref="StepFailedException">There is none.</exception>
    public static int Kill()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0])))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(path, "cmdline"));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (!command.Contains("demilune-firewall\0", StringComparison.Ordinal) || !command.Contains("--in\0", StringComparison.Ordinal)) continue;
            var pid = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
            Signal.Send(pid, Signal.Kill);
            return pid;
        }

        throw new StepFailedException("no firewall process was found to kill");
    }
}
