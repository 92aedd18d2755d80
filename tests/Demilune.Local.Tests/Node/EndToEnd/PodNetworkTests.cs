using Demilune.Local.Tests.Node.Cni;

namespace Demilune.Local.Tests.Node.EndToEnd;

public sealed class PodNetworkTests
{
    /// <summary>Both ends of a veth, one with the address of the fake's result: enough to see whose namespace it is.</summary>
    private const string Connect =
        "nsenter --net=$CNI_NETNS ip link add eth0 type veth peer name peer0 && nsenter --net=$CNI_NETNS ip addr add 10.9.8.7/24 dev eth0 && nsenter --net=$CNI_NETNS ip link set eth0 up && echo '" + FakePlugin.Result + "'";

    [Fact]
    public async Task A_pod_has_the_network_its_plugin_made_and_its_own_name()
    {
        await using var node = RealNode.Start();
        var plugin = new FakePlugin(node.CniBin, onAdd: Connect);
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("sleep 60", hostNetwork: false);
        node.Put(pod);
        var status = await node.UntilAsync(pod, status => status.Phase is "Running");
        Assert.Equal("10.9.8.7", status.PodIP);
        Assert.Equal(["10.9.8.7", "fd00::7"], status.PodIPs.Select(ip => ip.Ip));
        var (_, seen) = await node.ExecAsync(pod, "sh", "-c", "hostname; ip -o -4 addr show | awk '{print $2, $4}'; grep -c some /etc/hosts");
        Assert.Equal("some\nlo 127.0.0.1/8\neth0 10.9.8.7/24\n2\n", seen);
        node.Delete(pod, 1);
        await node.UntilGoneAsync(pod);
        Assert.Equal(["ADD", "DEL"], plugin.Commands);
        Assert.NotNull(plugin.Calls[1].Input["prevResult"]);
        Assert.Empty(Directory.GetFiles(node.Paths.Namespaces));
    }

    [Fact]
    public async Task A_failed_add_is_undone_told_and_tried_again()
    {
        await using var node = RealNode.Start();
        var plugin = new FakePlugin(node.CniBin, onAdd: $"if [ $n -lt 2 ]; then echo '{{\"code\":11,\"msg\":\"not yet\"}}'; exit 1; else echo '{FakePlugin.Result}'; fi");
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("sleep 60", hostNetwork: false);
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        Assert.Equal(["ADD", "DEL", "ADD"], plugin.Commands);
        Assert.NotEqual(plugin.Calls[0].Environment["CNI_CONTAINERID"], plugin.Calls[2].Environment["CNI_CONTAINERID"]);
        Assert.Contains(node.Api.Events, said => said.StartsWith("FailedCreatePodSandBox", StringComparison.Ordinal) && said.Contains("not yet (code 11)", StringComparison.Ordinal));
        node.Delete(pod, 0);
        await node.UntilGoneAsync(pod);
        Assert.Equal(["ADD", "DEL", "ADD", "DEL"], plugin.Commands);
    }

    [Fact]
    public async Task A_pod_that_ended_gives_its_network_back()
    {
        await using var node = RealNode.Start();
        var plugin = new FakePlugin(node.CniBin);
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("exit 0", restartPolicy: "Never", hostNetwork: false);
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Succeeded");
        for (var tries = 0; tries < 100 && plugin.Commands.Count() < 2; tries++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(["ADD", "DEL"], plugin.Commands);
    }

    [Fact]
    public async Task A_crash_in_the_middle_of_add_is_followed_by_its_del()
    {
        await using var node = RealNode.Start();
        var plugin = new FakePlugin(node.CniBin, onAdd: $"if [ $n = 0 ]; then sleep 30; fi; echo '{FakePlugin.Result}'");
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("sleep 60", hostNetwork: false);
        node.Put(pod);
        for (var tries = 0; tries < 100 && !plugin.Commands.Any(); tries++) await Task.Delay(50, TestContext.Current.CancellationToken);
        await node.RestartAsync();      // the call is killed with the node
        await node.UntilAsync(pod, status => status.Phase is "Running");
        Assert.Equal(["ADD", "DEL", "ADD"], plugin.Commands);
        Assert.Equal(plugin.Calls[0].Environment["CNI_CONTAINERID"], plugin.Calls[1].Environment["CNI_CONTAINERID"]);
    }

    [Fact]
    public async Task A_restart_of_the_node_keeps_the_network()
    {
        await using var node = RealNode.Start();
        var plugin = new FakePlugin(node.CniBin);
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("sleep 60", hostNetwork: false);
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await node.RestartAsync();
        Assert.Equal("10.9.8.7", (await node.UntilAsync(pod, status => status.Phase is "Running")).PodIP);
        Assert.Equal(["ADD"], plugin.Commands);
    }

    [Fact]
    public async Task Uninstall_does_not_wait_for_a_plugin_that_refuses()
    {
        await using var node = RealNode.Start();
        _ = new FakePlugin(node.CniBin, onDelete: "exit 1");
        FakePlugin.WriteNetwork(node.CniConfig, "fake");
        var pod = SomePod.Running("sleep 60", hostNetwork: false);
        node.Put(pod);
        await node.UntilAsync(pod, status => status.Phase is "Running");
        await node.UninstallAsync();
        Assert.Empty(node.Remains());
    }
}
