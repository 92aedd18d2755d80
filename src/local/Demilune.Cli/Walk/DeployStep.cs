using System.Globalization;

namespace Demilune.Cli.Walk;

/// <summary>The orchestrator notices that a policy needs a firewall here, and starts one.</summary>
internal sealed class DeployStep(Scene scene)
{
    public async Task RunAsync(CancellationToken stop)
    {
        var took = await Scene.UntilAsync("the firewall is healthy and has loaded the policy", () => EnforcedAsync(scene, stop), TimeSpan.FromSeconds(60), stop, 100);
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"healthy (heartbeats on the data path), policy loaded: {took.TotalSeconds:0.0} s after step 1"));
        await scene.KubectlAsync(stop, "get", "firewalls");
        await scene.KubectlAsync(stop, "get", "pods", "-n", "demilune-system", "-o", "wide");
        await scene.KubectlAsync(stop, "get", "securitypolicies");
        var pod = (await scene.Cluster.Kubectl.NeedAsync(
            stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall", "-o", "jsonpath={.items[0].metadata.name}")).Trim();
        var privileges = await scene.Cluster.Kubectl.ExecAsync(
            "demilune-system", pod, "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; ls /run/demilune", TimeSpan.FromSeconds(10), stop);
        if (privileges.Succeeded) scene.Show($"kubectl exec -n demilune-system {pod} -- (its capabilities, and all that it sees of the host)", privileges.Output);
    }

    public static async Task<bool> EnforcedAsync(Scene scene, CancellationToken stop)
    {
        var enforced = await scene.Cluster.Kubectl.RunAsync(
            stop, "get", "securitypolicy", "web-attacks", "-o", "jsonpath={.status.conditions[?(@.type==\"Enforced\")].status}");
        return enforced.Output.Trim() == "True";
    }
}
