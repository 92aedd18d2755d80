using System.Text.Json;
using Demilune.Contracts.Cni;
using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.CniServer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Demilune.Node.Tests;

/// <summary>Ports of another switch: plugged in, waited for, and a firewall's kept until nobody names them.</summary>
public sealed class HopsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-hops").FullName;
    private readonly KernelInMemory _kernel = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Agent _agent;
    private readonly CniVerbs _verbs;

    public HopsTests()
    {
        _agent = Start();
        _verbs = new(_agent, new AgentOptions("n1", new Uri("https://127.0.0.1:1"), "", _directory, "") { PortTimeout = TimeSpan.FromMilliseconds(300) }, NullLogger.Instance);
    }

    public void Dispose()
    {
        _agent.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_pod_on_a_switch_is_a_host_on_its_subnet_and_has_no_splice()
    {
        _agent.Receive(State(active: true));
        var result = (await Ask("ADD", "pod")).Result!.Value;
        Assert.Equal("10.0.0.1/24", result.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal("10.0.0.254", result.GetProperty("routes")[0].GetProperty("gw").GetString());
        Assert.Empty(_kernel.Attached);
        Assert.Equal("br-int", Assert.Single(_kernel.Interfaces.Values).Switch!.Bridge);
    }

    [Fact]
    public async Task Add_waits_until_neutron_says_active()
    {
        _agent.Receive(State(active: false));
        var add = Ask("ADD", "pod");
        while (_kernel.Interfaces.Count == 0) await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False(add.IsCompleted);
        _agent.Receive(State(active: true));
        Assert.Null((await add).Error);
    }

    [Fact]
    public async Task A_port_that_stays_down_is_error_11_and_leaves_nothing()
    {
        _agent.Receive(State(active: false));
        var error = (await Ask("ADD", "pod")).Error!;
        Assert.Equal(11, error.Code);
        Assert.Contains("DOWN", error.Msg, StringComparison.Ordinal);
        Assert.Empty(_kernel.Interfaces);
    }

    [Theory]
    [InlineData("binding_failed", "neutron-openvswitch-agent")]
    [InlineData("hw_veb", "\"hw_veb\"")]
    public async Task A_binding_that_cannot_be_made_is_an_error_that_names_it(string vifType, string expected)
    {
        var state = State(active: true);
        state.Ports[0].Binding.VifType = vifType;
        _agent.Receive(state);
        var error = (await Ask("ADD", "pod")).Error!;
        Assert.Equal(50, error.Code);
        Assert.Contains(expected, error.Msg, StringComparison.Ordinal);
        Assert.Empty(_kernel.Interfaces);
    }

    [Fact]
    public async Task A_firewalls_interfaces_stay_plugged_in_after_its_pod_until_neutron_has_long_forgotten_them()
    {
        _agent.Receive(State(active: true));
        Assert.Null((await Ask("ADD", "fw")).Error);
        Assert.Equal(2, _kernel.Held.Count);
        Assert.Null((await Ask("DEL", "fw")).Error);
        Assert.Equal(["in", "out"], _kernel.Interfaces.Values.Select(plan => plan.Name).Order());

        Look();
        _time.Advance(TimeSpan.FromMinutes(5));
        Look();
        Assert.Equal(2, _kernel.Interfaces.Count);

        _agent.Receive(State(active: true, withFirewall: false));
        Look();
        _time.Advance(TimeSpan.FromSeconds(10));
        Look();
        Assert.Equal(2, _kernel.Interfaces.Count);
        _time.Advance(TimeSpan.FromSeconds(10));
        Look();
        Assert.Empty(_kernel.Interfaces);
        Assert.Empty(_kernel.Held);
    }

    [Fact]
    public async Task An_agent_that_starts_anew_still_knows_what_waits_for_its_end()
    {
        _agent.Receive(State(active: true));
        await Ask("ADD", "fw");
        await Ask("DEL", "fw");
        using var next = Start();
        next.Receive(State(active: true, withFirewall: false));
        next.Observe();
        _time.Advance(TimeSpan.FromMinutes(1));
        next.Observe();
        Assert.Empty(_kernel.Interfaces);
    }

    private void Look() => _agent.Observe();

    private Agent Start() => new(_kernel, new AttachmentStore(Path.Combine(_directory, "attachments")), null, NullLogger.Instance, time: _time);

    private Task<CniReply> Ask(string command, string pod) => _verbs.AnswerAsync(
        new(command, "container-" + pod, "/run/netns/" + pod, "eth0", $"K8S_POD_NAMESPACE=default;K8S_POD_NAME={pod};K8S_POD_UID=uid-{pod}",
            JsonDocument.Parse("""{"cniVersion":"1.0.0","name":"demilune","type":"demilune-cni"}""").RootElement),
        TestContext.Current.CancellationToken);

    private static NodeState State(bool active, bool withFirewall = true)
    {
        var state = new NodeState { Revision = 1, Ports = { Port("pod", 1, Contracts.Nodes.Port.Types.Kind.Pod, active) } };
        if (!withFirewall) return state;
        state.Ports.Add(Port("fw", 2, Contracts.Nodes.Port.Types.Kind.Pod, active));
        state.Ports.Add(Port("fw", 3, Contracts.Nodes.Port.Types.Kind.FirewallIn, active));
        state.Ports.Add(Port("fw", 4, Contracts.Nodes.Port.Types.Kind.FirewallOut, active));
        return state;
    }

    private static Port Port(string pod, int number, Port.Types.Kind kind, bool active) => new()
    {
        Id = $"{number:x8}-0000-4000-8000-000000000000", Kind = kind, DeviceId = "uid-" + pod, PodNamespace = "default", PodName = pod,
        Mac = $"fa:16:3e:00:00:0{number}", Mtu = 1450, AdminStateUp = true, PortSecurity = kind == Contracts.Nodes.Port.Types.Kind.Pod,
        Addresses = { $"10.0.0.{number}" },
        Binding = new()
        {
            VifType = "ovs", Bridge = "br-int", Datapath = "netdev", Active = active,
            Addresses = { new OnLink { Address = $"10.0.0.{number}/24", Gateway = "10.0.0.254" } },
        },
    };
}
