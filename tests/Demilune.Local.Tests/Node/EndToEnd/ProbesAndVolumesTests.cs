using k8s.Models;

namespace Demilune.Local.Tests.Node.EndToEnd;

public sealed class ProbesAndVolumesTests
{
    [Fact]
    public async Task Readiness_follows_its_probe_both_ways()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("while true; do sleep 0.1; done").With(container => container with
        {
            ReadinessProbe = new V1Probe { Exec = new V1ExecAction { Command = ["test", "-e", "/tmp/ready"] }, PeriodSeconds = 1, FailureThreshold = 1 },
        });
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running" && !status.ContainerStatuses[0].Ready);
        await node.ExecAsync(pod, "touch", "/tmp/ready");
        await node.UntilAsync(pod, status => status.Conditions.Single(condition => condition.Type is "Ready").Status is "True");
        await node.ExecAsync(pod, "rm", "/tmp/ready");
        await node.UntilAsync(pod, status => status.Conditions.Single(condition => condition.Type is "Ready").Status is "False");
        Assert.Contains(node.Api.Events, said => said.StartsWith("Unhealthy: Readiness probe failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_fails_its_liveness_probe_is_restarted()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("trap 'exit 0' TERM; while true; do sleep 0.1; done").With(container => container with
        {
            LivenessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = 1 }, PeriodSeconds = 1, FailureThreshold = 1 },
        });
        node.Put(pod);
        await node.UntilAsync(pod, status => status.ContainerStatuses?[0].RestartCount >= 1);
        Assert.Contains("Killing: Stopping container main: Container main failed liveness probe, will be restarted", node.Api.Events);
    }

    [Fact]
    public async Task An_http_probe_takes_what_the_server_says()
    {
        await using var node = RealNode.Start();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                var buffer = new byte[1024];
                _ = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        var pod = SomePod.Running("sleep 60").With(container => container with
        {
            ReadinessProbe = new V1Probe { HttpGet = new V1HTTPGetAction { Port = port, Path = "/healthz" }, PeriodSeconds = 1, FailureThreshold = 1 },
        });
        node.Put(pod);
        await node.UntilAsync(pod, _ => node.Api.Events.Any(said => said.Contains("statuscode: 503", StringComparison.Ordinal)));
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        await node.UntilAsync(pod, status => status.ContainerStatuses[0].Ready);
    }

    [Fact]
    public async Task Every_kind_of_volume_is_where_the_container_wants_it()
    {
        await using var node = RealNode.Start();
        node.Api.ConfigMaps["settings"] = new V1ConfigMap { Data = new Dictionary<string, string> { ["colour"] = "blue", ["size"] = "9" } };
        node.Api.Secrets["password"] = new V1Secret { Data = new Dictionary<string, byte[]> { ["value"] = "geheim"u8.ToArray() } };
        await File.WriteAllTextAsync(Path.Combine(node.Scratch, "file"), "host", TestContext.Current.CancellationToken);
        var pod = SomePod.Running("sleep 60").With(container => container with
        {
            VolumeMounts =
            [
                new V1VolumeMount { Name = "empty", MountPath = "/data" }, new V1VolumeMount { Name = "empty", MountPath = "/srv" }, new V1VolumeMount { Name = "empty", MountPath = "/home/deep/down" }, new V1VolumeMount { Name = "map", MountPath = "/settings" },
                new V1VolumeMount { Name = "secret", MountPath = "/secret" }, new V1VolumeMount { Name = "host", MountPath = "/from-host", ReadOnlyProperty = true },
                new V1VolumeMount { Name = "all", MountPath = "/all" }, new V1VolumeMount { Name = "map", MountPath = "/one/size", SubPath = "size" },
            ],
        });
        pod.Spec.Volumes =
        [
            new V1Volume { Name = "empty", EmptyDir = new V1EmptyDirVolumeSource() },
            new V1Volume { Name = "map", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } },
            new V1Volume { Name = "secret", Secret = new V1SecretVolumeSource { SecretName = "password", DefaultMode = 256 } },
            new V1Volume { Name = "host", HostPath = new V1HostPathVolumeSource { Path = node.Scratch, Type = "Directory" } },
            new V1Volume
            {
                Name = "all",
                Projected = new V1ProjectedVolumeSource
                {
                    Sources =
                    [
                        new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { Path = "token", Audience = "api" } },
                        new V1VolumeProjection { DownwardAPI = new V1DownwardAPIProjection { Items = [new V1DownwardAPIVolumeFile { Path = "labels", FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.labels" } }] } },
                    ],
                },
            },
        ];
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        var (code, seen) = await node.ExecAsync(pod, "sh", "-c",
            "echo x >/data/x && cat /srv/x /home/deep/down/x; cat /settings/colour /one/size /secret/value; stat -L -c %a /secret/value; cat /from-host/file; touch /from-host/no 2>/dev/null || echo read-only; cat /all/token /all/labels");
        Assert.Equal("x\nx\nblue9geheim400\nhostread-only\ntoken for apiapp=\"web\"\n", seen);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_missing_secret_is_the_reason_why_the_container_waits()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 60").With(container => container with { EnvFrom = [new V1EnvFromSource { SecretRef = new V1SecretEnvSource { Name = "later" } }] });
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.ContainerStatuses?[0].State.Waiting?.Reason is "CreateContainerConfigError");
        Assert.Equal("secret \"later\" not found", status.ContainerStatuses[0].State.Waiting.Message);
        node.Api.Secrets["later"] = new V1Secret { Data = new Dictionary<string, byte[]>() };
        await node.UntilAsync(pod, status => status.Phase is "Running");
    }

    [Fact]
    public async Task More_memory_than_the_limit_is_told_as_such()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("head -c 200000000 /dev/zero | tail | wc -c", restartPolicy: "Never").With(container => container with
        {
            Command = ["tail", "/dev/zero"],
            Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = "32Mi" } },
        });
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.Phase is "Failed");
        Assert.Equal(("OOMKilled", 137), (status.ContainerStatuses[0].State.Terminated.Reason, status.ContainerStatuses[0].State.Terminated.ExitCode));
    }

    [Fact]
    public async Task A_terminal_has_the_size_the_caller_says()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 60");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        var sizes = System.Threading.Channels.Channel.CreateUnbounded<Demilune.Local.Pods.TerminalSize>();
        sizes.Writer.TryWrite(new Demilune.Local.Pods.TerminalSize(123, 45));
        var output = new MemoryStream();
        var code = await node.Runtime.ExecAsync(
            RealNode.Target(pod, "main"), ["sh", "-c", "sleep 1; stty size; exit 4"],
            new Demilune.Local.Pods.ProcessStreams(null, output, null, Tty: true, sizes.Reader), TestContext.Current.CancellationToken);
        Assert.Contains("45 123", System.Text.Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        Assert.Equal(4, code);
    }

    [Fact]
    public async Task What_is_typed_reaches_the_command()
    {
        await using var node = RealNode.Start();
        var pod = SomePod.Running("sleep 60");
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        var output = new MemoryStream();
        var code = await node.Runtime.ExecAsync(
            RealNode.Target(pod, "main"), ["sh", "-c", "read a; echo got $a; cat"],
            new Demilune.Local.Pods.ProcessStreams(new MemoryStream("one\ntwo\n"u8.ToArray()), output, output, false, null), TestContext.Current.CancellationToken);
        Assert.Equal("got one\ntwo\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
        Assert.Equal(0, code);
    }
}
