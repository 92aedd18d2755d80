using System.Globalization;

namespace Demilune.Cli.Walk;

/// <summary>Pods talk freely; a policy is applied; now only the client may, and the kernel says so.</summary>
internal sealed class PolicyStep(Scene scene)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await scene.KubectlAsync(stop, "apply", "-f", Path.Combine(scene.Examples, "01-pods.yaml"));
        scene.Say("waiting for the pods (the web server makes itself a 100 MB file first)");
        await scene.Cluster.Kubectl.NeedAsync(stop, "wait", "-n", Scene.Namespace, "--for=condition=Ready", "--timeout=90s", "pod", "--all");
        await scene.KubectlAsync(stop, "get", "pods", "-n", Scene.Namespace, "-o", "wide");
        await ReadAddressesAsync(stop);

        foreach (var pod in new[] { "client", "attacker" })
        {
            var status = await scene.StatusOfAsync(pod, $"http://{scene.Web}/", stop);
            scene.Say($"{pod} → web, before any policy: HTTP {status}");
            Scene.Need(status == "200", $"{pod} could not reach web before any policy (HTTP {status})");
        }

        await ApplyUnderWatchAsync(stop);

        foreach (var (address, family) in new[] { (scene.Web, "IPv4"), (scene.Web6, "IPv6") })
        {
            var outcome = await scene.ExecAsync("attacker", $"curl -g -s -o /dev/null -m 2 'http://{address}/'; echo $?", stop);
            scene.Say($"attacker → web over {family}: curl exit {outcome.Output.Trim()} (28: no connection within 2 s)");
            Scene.Need(outcome.Output.Trim() == "28", $"the attacker got through over {family}: curl exit {outcome.Output.Trim()}");
        }
    }

    /// <summary>The attacker connects again and again while the policy is applied: its last success says when enforcement began.</summary>
    private async Task ApplyUnderWatchAsync(CancellationToken stop)
    {
        // Milliseconds of the last connection that came about; a try that hangs for 200 ms was cut off.
        var watching = scene.ExecAsync(
            "attacker", $"last=0; end=$(($(date +%s)+20)); while [ $(date +%s) -lt $end ]; do curl -s -o /dev/null -m 0.2 http://{scene.Web}/ && last=$(date +%s%3N) || break; done; echo $last", stop);
        await Task.Delay(1000, stop);
        var applied = DateTimeOffset.UtcNow;
        await scene.KubectlAsync(stop, "apply", "-f", Path.Combine(scene.Examples, "02-policy.yaml"));
        var returned = DateTimeOffset.UtcNow;
        var output = (await watching).Output.Trim();
        Scene.Need(long.TryParse(output, CultureInfo.InvariantCulture, out var last) && last > 0, $"the attacker was never cut off ('{output}')");
        var fromStart = Math.Max(0, last - applied.ToUnixTimeMilliseconds());
        var took = (returned - applied).TotalMilliseconds;
        var text = string.Create(CultureInfo.InvariantCulture, $"{fromStart} ms after kubectl apply was started (kubectl itself took {took:0} ms)");
        scene.Say($"the attacker's last connection came about {text}");
        scene.Measure("kubectl apply until the last connection that is no longer allowed", text);
    }

    private async Task ReadAddressesAsync(CancellationToken stop)
    {
        var addresses = await scene.Cluster.Kubectl.NeedAsync(
            stop, "get", "pod", "web", "-n", Scene.Namespace, "-o", "jsonpath={.status.podIPs[*].ip}");
        foreach (var address in addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (address.Contains(':', StringComparison.Ordinal)) scene.Web6 = $"[{address}]";
            else scene.Web = address;
        }

        Scene.Need(scene.Web.Length > 0 && scene.Web6.Length > 0, $"the web pod has not got an IPv4 and an IPv6 address: '{addresses}'");
    }
}
