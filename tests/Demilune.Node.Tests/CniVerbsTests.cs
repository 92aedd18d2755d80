using System.Text.Json;
using Demilune.Contracts.Cni;
using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.CniServer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Node.Tests;

public sealed class CniVerbsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-node").FullName;
    private readonly KernelInMemory _kernel = new();
    private readonly Agent _agent;
    private readonly CniVerbs _verbs;

    public CniVerbsTests() => (_agent, _verbs) = Start();

    public void Dispose()
    {
        _agent.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Add_returns_addresses_and_routes_once_the_policy_is_applied()
    {
        _agent.Receive(State(Pod("u1", "web")));
        var reply = await Ask("ADD", "c1", "u1", "web");
        Assert.Null(reply.Error);
        var result = reply.Result!.Value;
        Assert.Equal("10.244.0.5/32", result.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal("fd00:244::5/128", result.GetProperty("ips")[1].GetProperty("address").GetString());
        Assert.Equal(1, result.GetProperty("ips")[0].GetProperty("interface").GetInt32());
        Assert.Equal("eth0", result.GetProperty("interfaces")[1].GetProperty("name").GetString());
        Assert.Equal("::/0", result.GetProperty("routes")[1].GetProperty("dst").GetString());
        // Applied once for the state, and once more with the interface in place, before the answer.
        Assert.Equal(2, _kernel.Applied.Count);
        Assert.Equal("dl0000000100", Assert.Single(_kernel.Attached).Value);
    }

    [Theory]
    [InlineData("0.3.1", true)]
    [InlineData("0.4.0", true)]
    [InlineData("1.0.0", false)]
    [InlineData("1.1.0", false)]
    public async Task The_result_speaks_the_version_of_the_configuration(string version, bool withIpVersion)
    {
        _agent.Receive(State(Pod("u1", "web")));
        var result = (await Ask("ADD", "c1", "u1", "web", version: version)).Result!.Value;
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        Assert.Equal(withIpVersion, result.GetProperty("ips")[0].TryGetProperty("version", out _));
    }

    [Fact]
    public async Task Add_waits_for_the_port_of_a_pod_that_is_not_known_yet()
    {
        _agent.Receive(State());
        var add = Ask("ADD", "c1", "u1", "web");
        await Task.Delay(50);
        Assert.False(add.IsCompleted);
        _agent.Receive(State(Pod("u1", "web")));
        Assert.Null((await add).Error);
    }

    [Fact]
    public async Task A_pod_that_never_gets_a_port_is_error_11_and_leaves_nothing()
    {
        _agent.Receive(State());
        var reply = await Ask("ADD", "c1", "u1", "web");
        Assert.Equal(11, reply.Error!.Code);
        Assert.Contains("default/web", reply.Error.Msg);
        Assert.Empty(_kernel.Interfaces);
    }

    [Fact]
    public async Task A_pod_of_the_same_name_but_another_uid_is_not_given_the_former_ones_port()
    {
        _agent.Receive(State(Pod("old", "web")));
        Assert.Equal(11, (await Ask("ADD", "c1", "new", "web")).Error!.Code);
    }

    [Fact]
    public async Task A_firewall_gets_in_and_out_beside_its_own_interface()
    {
        _agent.Receive(FirewallState());
        var reply = await Ask("ADD", "c1", "fw", "fw-1");
        Assert.Null(reply.Error);
        Assert.Equal(["eth0", "in", "out"], _kernel.Interfaces.Values.Select(plan => plan.Name).Order());
        Assert.All(_kernel.Interfaces.Values.Where(plan => plan.Name != "eth0"), plan => Assert.Empty(plan.Addresses));
    }

    [Fact]
    public async Task A_firewall_whose_firewall_object_is_not_yet_known_is_recognised_by_its_ports()
    {
        var state = FirewallState();
        state.Firewalls.Clear();
        _agent.Receive(state);
        Assert.Null((await Ask("ADD", "c1", "fw", "fw-1")).Error);
        Assert.Equal(3, _kernel.Interfaces.Count);
    }

    [Fact]
    public async Task One_sibling_without_the_other_is_waited_for()
    {
        var state = FirewallState();
        state.Firewalls.Clear();
        state.Ports.RemoveAt(2);
        _agent.Receive(state);
        Assert.Equal(11, (await Ask("ADD", "c1", "fw", "fw-1")).Error!.Code);
        Assert.Empty(_kernel.Interfaces);
    }

    [Fact]
    public async Task A_failed_add_takes_back_what_it_had_made()
    {
        _agent.Receive(FirewallState());
        _kernel.FailOnInterface = "out";
        var reply = await Ask("ADD", "c1", "fw", "fw-1");
        Assert.Equal(5, reply.Error!.Code);
        Assert.Empty(_kernel.Interfaces);
        Assert.Empty(_kernel.Attached);
        Assert.Null(_agent.Find("c1", "eth0"));
    }

    [Fact]
    public async Task A_port_whose_policy_cannot_be_enforced_fails_its_add()
    {
        _agent.Receive(State(Pod("u1", "web")));
        _kernel.PortErrors[PortId(1)] = "the policy map is full";
        var reply = await Ask("ADD", "c1", "u1", "web");
        Assert.Contains("policy map is full", reply.Error!.Msg);
        Assert.Empty(_kernel.Interfaces);
    }

    [Fact]
    public async Task Del_is_idempotent_and_needs_no_namespace()
    {
        _agent.Receive(State(Pod("u1", "web")));
        await Ask("ADD", "c1", "u1", "web");
        Assert.Null((await Ask("DEL", "c1", "u1", "web", netns: "")).Error);
        Assert.Empty(_kernel.Interfaces);
        Assert.Null((await Ask("DEL", "c1", "u1", "web", netns: "")).Error);
        Assert.Null((await Ask("DEL", "never", "u9", "nobody", netns: "")).Error);
    }

    [Fact]
    public async Task Del_of_a_replaced_sandbox_leaves_the_new_one_its_interface()
    {
        _agent.Receive(State(Pod("u1", "web")));
        await Ask("ADD", "old", "u1", "web");
        await Ask("ADD", "new", "u1", "web");
        await Ask("DEL", "old", "u1", "web");
        Assert.Single(_kernel.Interfaces);
        Assert.Null((await Ask("CHECK", "new", "u1", "web")).Error);
    }

    [Fact]
    public async Task Check_says_what_is_wrong()
    {
        _agent.Receive(State(Pod("u1", "web")));
        Assert.Equal(4, (await Ask("CHECK", "c1", "u1", "web")).Error!.Code);
        await Ask("ADD", "c1", "u1", "web");
        Assert.Null((await Ask("CHECK", "c1", "u1", "web")).Error);
        _kernel.Interfaces.Clear();
        Assert.Contains("is gone", (await Ask("CHECK", "c1", "u1", "web")).Error!.Msg);
    }

    [Fact]
    public async Task Gc_deletes_what_the_runtime_does_not_list()
    {
        _agent.Receive(State(Pod("u1", "web", 1), Pod("u2", "db", 2)));
        await Ask("ADD", "c1", "u1", "web");
        await Ask("ADD", "c2", "u2", "db");
        Assert.Equal(7, (await Ask("GC", "", "", "")).Error!.Code);
        var reply = await _verbs.AnswerAsync(new("GC", "", "", "", "", Config("1.1.0", """[{"containerID":"c2","ifname":"eth0"}]""")), default);
        Assert.Null(reply.Error);
        Assert.Null(_agent.Find("c1", "eth0"));
        Assert.NotNull(_agent.Find("c2", "eth0"));
    }

    [Fact]
    public async Task Status_is_not_available_until_the_controller_has_spoken()
    {
        Assert.Equal(50, (await Ask("STATUS", "", "", "")).Error!.Code);
        _agent.Receive(State());
        Assert.Null((await Ask("STATUS", "", "", "")).Error);
    }

    [Fact]
    public async Task A_restarted_agent_knows_its_attachments_and_enforces_the_last_state_at_once()
    {
        _agent.Receive(State(Pod("u1", "web")));
        await Ask("ADD", "c1", "u1", "web");
        _kernel.Attached.Clear();
        using var restarted = new Agent(_kernel, new AttachmentStore(_directory), _agent.State, NullLogger.Instance);
        Assert.Equal(PortId(1), Assert.Single(_kernel.Attached).Key);
        Assert.True(restarted.HasState);
        Assert.NotNull(restarted.Find("c1", "eth0"));
        Assert.True(Assert.Single(restarted.Observe().Observation.Ports).Active);
    }

    [Fact]
    public async Task A_restarted_agent_forgets_an_attachment_that_lost_its_interface()
    {
        _agent.Receive(State(Pod("u1", "web")));
        await Ask("ADD", "c1", "u1", "web");
        _kernel.Interfaces.Clear();
        using var restarted = new Agent(_kernel, new AttachmentStore(_directory), _agent.State, NullLogger.Instance);
        Assert.Null(restarted.Find("c1", "eth0"));
        Assert.False(Assert.Single(restarted.Observe().Observation.Ports).Active);
    }

    [Fact]
    public async Task Two_hundred_adds_at_once_all_succeed()
    {
        _agent.Receive(State([.. Enumerable.Range(1, 200).Select(n => Pod($"u{n}", $"pod-{n}", n))]));
        var replies = await Task.WhenAll(Enumerable.Range(1, 200).Select(n => Ask("ADD", $"c{n}", $"u{n}", $"pod-{n}")));
        Assert.All(replies, reply => Assert.Null(reply.Error));
        Assert.Equal(200, _kernel.Interfaces.Count);
    }

    [Fact]
    public async Task Two_hundred_pods_that_come_and_go_at_once_leave_nothing()
    {
        _agent.Receive(State([.. Enumerable.Range(1, 200).Select(n => Pod($"u{n}", $"pod-{n}", n))]));
        await Task.WhenAll(Enumerable.Range(1, 200).Select(async n =>
        {
            Assert.Null((await Ask("ADD", $"c{n}", $"u{n}", $"pod-{n}")).Error);
            await Task.Yield();
            Assert.Null((await Ask("CHECK", $"c{n}", $"u{n}", $"pod-{n}")).Error);
            Assert.Null((await Ask("DEL", $"c{n}", $"u{n}", $"pod-{n}", netns: n % 2 == 0 ? "" : "/run/netns/x")).Error);
        }));
        Assert.Empty(_kernel.Interfaces);
        Assert.Empty(_kernel.Attached);
        Assert.Empty(_agent.Attachments());
        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    [Fact]
    public async Task What_a_crash_tore_in_the_middle_of_an_add_is_forgotten_and_its_del_succeeds()
    {
        _agent.Receive(State(Pod("u1", "web")));
        await Ask("ADD", "c1", "u1", "web");
        var file = Assert.Single(Directory.EnumerateFiles(_directory, "*.json"));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..20]);
        using var restarted = new Agent(_kernel, new AttachmentStore(_directory), _agent.State, NullLogger.Instance);
        var verbs = new CniVerbs(restarted, Options(_directory), NullLogger.Instance);
        Assert.Null((await verbs.AnswerAsync(new("DEL", "c1", "", "eth0", "", Config("1.1.0")), TestContext.Current.CancellationToken)).Error);
        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    private static string PortId(int n) => $"{n:x8}-0000-4000-8000-000000000000";

    private static Port Pod(string uid, string name, int n = 1) => new()
    {
        Id = PortId(n), Kind = Port.Types.Kind.Pod, DeviceId = uid, PodNamespace = "default", PodName = name,
        Mac = "fa:16:3e:00:00:01", Mtu = 1500, AdminStateUp = true, PortSecurity = true,
        Addresses = { $"10.244.0.{(n == 1 ? 5 : n % 250)}", "fd00:244::5" },
    };

    private static NodeState State(params Port[] ports) => new() { Revision = 1, Ports = { ports } };

    private static NodeState FirewallState()
    {
        var eth0 = Pod("fw", "fw-1", 1);
        var (into, outOf) = (Pod("fw", "fw-1", 2), Pod("fw", "fw-1", 3));
        (into.Kind, outOf.Kind) = (Port.Types.Kind.FirewallIn, Port.Types.Kind.FirewallOut);
        var state = State(into, eth0, outOf);
        state.Firewalls.Add(new Firewall { PodUid = "fw", PodNamespace = "default", PodName = "fw-1", Name = "default" });
        return state;
    }

    private (Agent, CniVerbs) Start()
    {
        var agent = new Agent(_kernel, new AttachmentStore(_directory), null, NullLogger.Instance);
        return (agent, new(agent, Options(_directory), NullLogger.Instance));
    }

    private static AgentOptions Options(string directory) => new("n1", new Uri("https://127.0.0.1:1"), "", directory, "") { PortTimeout = TimeSpan.FromMilliseconds(300) };

    private Task<CniReply> Ask(string command, string container, string uid, string name, string netns = "/run/netns/x", string version = "1.1.0") =>
        _verbs.AnswerAsync(
            new(command, container, netns, container.Length > 0 ? "eth0" : "", $"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={name};K8S_POD_UID={uid}", Config(version)),
            TestContext.Current.CancellationToken);

    private static JsonElement Config(string version, string? valid = null) => JsonDocument.Parse(
        $$"""{"cniVersion":"{{version}}","name":"demilune","type":"demilune-cni"{{(valid is null ? "" : $",\"cni.dev/valid-attachments\":{valid}")}}}""").RootElement;
}
