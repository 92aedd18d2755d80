using Demilune.Local.Pods;
using k8s.Models;

namespace Demilune.Local.Tests.Node.EndToEnd;

public sealed class ContainersRunTests
{
    [Fact]
    public async Task A_pod_runs_and_its_output_is_in_the_log()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("echo out; echo err >&2; sleep 60");
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.Phase is "Running" && status.ContainerStatuses[0].Ready);
        Assert.Equal("True", status.Conditions.Single(condition => condition.Type is "Ready").Status);
        Assert.Equal("127.0.0.1", status.PodIP);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal("out\nerr\n", await node.LogAsync(pod));
        Assert.Equal("err\n", await node.LogAsync(pod, request: new LogRequest(TailLines: 1)));
    }

    [Fact]
    public async Task An_exit_code_is_the_pods_failure_and_the_log_stays()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("echo bye; exit 7", restartPolicy: "Never");
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.Phase is "Failed");
        Assert.Equal(7, status.ContainerStatuses[0].State.Terminated.ExitCode);
        Assert.Equal("Error", status.ContainerStatuses[0].State.Terminated.Reason);
        Assert.Equal("bye\n", await node.LogAsync(pod));
    }

    [Fact]
    public async Task A_crashing_container_is_restarted_at_once_and_then_backs_off()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("echo run; exit 3");
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.ContainerStatuses[0].State.Waiting?.Reason is "CrashLoopBackOff");
        Assert.Equal(1, status.ContainerStatuses[0].RestartCount);
        Assert.Equal(3, status.ContainerStatuses[0].LastState.Terminated.ExitCode);
        Assert.Equal("Running", status.Phase);
        Assert.Equal("run\n", await node.LogAsync(pod, request: new LogRequest(Previous: true)));
    }

    [Fact]
    public async Task Exec_runs_inside_and_returns_the_exit_code()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 60");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        var (code, output) = await node.ExecAsync(pod, "sh", "-c", "echo $HOSTNAME; ls /root /home /var/lib/demilune 2>/dev/null | grep -v -e : -e '^$'; cat /etc/shadow; exit 5");
        Assert.Equal(5, code);
        Assert.Equal($"{Environment.MachineName}\n", output.TrimStart('\n'));
    }

    [Fact]
    public async Task Deletion_lets_the_container_end_in_order()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("trap 'echo asked; exit 0' TERM; echo up; while true; do sleep 0.1; done");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        var log = node.LogAsync(pod, request: new LogRequest(Follow: true));
        var start = DateTime.UtcNow;
        node.Delete(pod, graceSeconds: 20);
        await node.UntilGoneAsync(pod);
        Assert.InRange((DateTime.UtcNow - start).TotalSeconds, 0, 5);
        Assert.Equal("up\nasked\n", await log);
        Assert.Contains("Killing: Stopping container main", node.Api.Events);
    }

    [Fact]
    public async Task Who_does_not_listen_is_killed_when_its_time_is_over()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("trap '' TERM; while true; do sleep 0.1; done");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        var start = DateTime.UtcNow;
        node.Delete(pod, graceSeconds: 2);
        await node.UntilGoneAsync(pod);
        Assert.InRange((DateTime.UtcNow - start).TotalSeconds, 1, 6);
    }

    [Fact]
    public async Task A_restart_of_the_node_restarts_no_container()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("while true; do echo $$ >>/data/pids; sleep 0.1; done") is var running
            ? running.With(container => container with { VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/data" }] }) : null!;
        pod = pod with { Spec = pod.Spec with { Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }] } };
        node.Put(pod);
        var before = await node.UntilAsync(pod, status => status.Phase is "Running");
        await node.RestartAsync();
        var after = await node.UntilAsync(pod, status => status.Phase is "Running");
        Assert.Equal(before.ContainerStatuses[0].ContainerID, after.ContainerStatuses[0].ContainerID);
        Assert.Equal(0, after.ContainerStatuses[0].RestartCount);
        Assert.Equal(before.ContainerStatuses[0].State.Running.StartedAt, after.ContainerStatuses[0].State.Running.StartedAt);
        node.Delete(pod, 1);
        await node.UntilGoneAsync(pod);
    }

    [Fact]
    public async Task An_exit_while_the_node_was_away_is_found_afterwards()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 0.7; exit 9", restartPolicy: "Never");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await node.RestartAsync(away: TimeSpan.FromSeconds(1));
        var status = await node.UntilAsync(pod, status => status.Phase is "Failed");
        Assert.Equal(9, status.ContainerStatuses[0].State.Terminated.ExitCode);
    }

    [Fact]
    public async Task Uninstall_leaves_nothing()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 60");
        var failed = SomePod.Running("exit 1");
        node.Put(pod);
        node.Put(failed);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await node.UninstallAsync();
        Assert.Empty(node.Remains());
    }
}
