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

        await scene.KubectlAsync(stop, "apply", "-f", Path.Combine(scene.Examples, "02-policy.yaml"));
        await ReportTimeToEnforcementAsync(stop);

        foreach (var (address, family) in new[] { (scene.Web, "IPv4"), (scene.Web6, "IPv6") })
        {
            var outcome = await scene.ExecAsync("attacker", $"curl -g -s -o /dev/null -m 2 'http://{address}/'; echo $?", stop);
            scene.Say($"attacker → web over {family}: curl exit {outcome.Output.Trim()} (28: no connection within 2 s)");
            Scene.Need(outcome.Output.Trim() == "28", $"the attacker got through over {family}: curl exit {outcome.Output.Trim()}");
        }
    }

    /// <summary>A second policy on the attacker itself: how long until a connection that worked stops working.</summary>
    private async Task ReportTimeToEnforcementAsync(CancellationToken stop)
    {
        // Applied already; from here the attacker's first refused connection is looked for.
        var took = await Scene.UntilAsync(
            "the attacker is cut off", async () => await scene.StatusOfAsync("attacker", $"http://{scene.Web}/", stop, "-m 0.3") == "000",
            TimeSpan.FromSeconds(10), stop, pauseMs: 0);
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"the attacker is cut off {took.TotalMilliseconds:0} ms after kubectl returned (a try takes some 300 ms)"));
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
