using System.Collections.Concurrent;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Hosting;
using Demilune.Controller.Nodes;
using Demilune.Neutron;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Port = Demilune.Neutron.Port;

namespace Demilune.Controller.Tests.Nodes;

public sealed class NodeLinkTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_node_gets_its_state_at_once_and_again_when_it_changes()
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach("n1");
        var first = await agent.NextAsync();
        Assert.Empty(first.Ports);
        var port = await MakePortAsync(controller, "n1");
        var second = await agent.UntilAsync(state => state.Ports.Count > 0);
        Assert.Equal(port.Id, second.Ports.Single().Id);
        Assert.True(second.Revision > first.Revision);
    }

    [Fact]
    public async Task What_happens_elsewhere_is_no_news()
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        await MakePortAsync(controller, "n2");
        var mine = await MakePortAsync(controller, "n1");
        Assert.Equal(mine.Id, (await agent.NextAsync()).Ports.Single().Id);
    }

    [Fact]
    public async Task An_agent_that_takes_changes_gets_the_state_once_and_then_what_changes_of_it()
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach("n1", takesChanges: true);
        var state = (await agent.NextMessageAsync()).State;
        Assert.NotNull(state);
        var network = await MakeNetworkAsync(controller);
        for (var made = 1; made <= 3; made++)
        {
            var port = await MakePortAsync(controller, "n1", network);
            while (state.Ports.Count < made)
            {
                var change = (await agent.NextMessageAsync()).Change;
                Assert.NotNull(change);
                state = NodeChanges.Apply(state, change);
                Assert.Equal(port.Id, Assert.Single(change.Put.Ports).Id);
            }
        }
    }

    [Fact]
    public async Task A_wrong_token_is_refused()
    {
        await using var controller = await RunningController.StartAsync();
        foreach (var token in (string[])["", "guess", "n1", "n1:", controller.TokenOf("n1")[..^1], controller.TokenOf("n1") + "0", "n1:" + controller.TokenOf("n2").Split(':')[1], "a.b.c"])
        {
            using var agent = controller.Attach("n1", token);
            Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(agent.NextAsync)).StatusCode);
        }
    }

    [Fact]
    public async Task A_nodes_token_opens_no_other_nodes_state_and_reports_for_no_other()
    {
        var watcher = new Watcher();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton<INodeObserver>(watcher));
        var port = await MakePortAsync(controller, "n2");
        using (var other = controller.Attach("n2", controller.TokenOf("n1")))
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(other.NextAsync)).StatusCode);
            Assert.DoesNotContain(watcher.Seen, seen => seen.StartsWith("n2", StringComparison.Ordinal));
        }
        // Its own link is not made to speak of another's ports either.
        using var own = controller.Attach("n1", controller.TokenOf("n1"));
        Assert.Empty((await own.NextAsync()).Ports);
        await own.SayAsync(new() { Observation = new() { AppliedRevision = 3, Ports = { new PortObservation { PortId = port.Id, Active = true } } } });
        await watcher.UntilAsync(seen => seen.Contains("n1 applied 3"));
        Assert.NotEqual("ACTIVE", (await controller.Neutron.FindAsync<Port>(port.Id, Never))!.Status);
    }

    [Fact]
    public async Task What_is_written_for_a_node_lets_it_attach_as_itself_and_holds_no_key()
    {
        await using var controller = await RunningController.StartAsync();
        controller.Services.GetRequiredService<LinkIdentity>().WriteFor("n7");
        var directory = Path.Combine(controller.LinkDirectory, "nodes", "n7");
        Assert.Equal(["ca.crt", "token"], Directory.EnumerateFiles(directory).Select(Path.GetFileName).Order());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "token")));
        using var agent = controller.Attach("n7", File.ReadAllText(Path.Combine(directory, "token")).Trim());
        await agent.NextAsync();
    }

    [Fact]
    public async Task Of_several_controllers_only_the_one_that_leads_speaks_with_nodes()
    {
        var leadership = new Leadership();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton(leadership));
        using (var refused = controller.Attach("n1"))
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(refused.NextAsync)).StatusCode);
        using var term = new CancellationTokenSource();
        leadership.Begin(term.Token);
        using var agent = controller.Attach("n1");
        await agent.NextAsync();
        leadership.End();
        await term.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(agent.NextAsync);
        using (var refused = controller.Attach("n1"))
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(refused.NextAsync)).StatusCode);
    }

    [Theory]
    [InlineData("n1", 2u, StatusCode.FailedPrecondition)]
    [InlineData("", 1u, StatusCode.InvalidArgument)]
    public async Task A_node_that_cannot_be_understood_is_told_so(string node, uint contract, StatusCode expected)
    {
        await using var controller = await RunningController.StartAsync();
        using var agent = controller.Attach(node, controller.TokenOf("n1"), contract);
        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(agent.NextAsync)).StatusCode);
    }

    [Fact]
    public async Task A_node_that_comes_again_takes_over_from_its_former_link()
    {
        var watcher = new Watcher();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton<INodeObserver>(watcher));
        using var former = controller.Attach("n1");
        await former.NextAsync();
        using var newer = controller.Attach("n1");
        await newer.NextAsync();
        await Assert.ThrowsAnyAsync<Exception>(former.NextAsync);
        await newer.SayAsync(new() { Observation = new() { AppliedRevision = 5 } });
        await watcher.UntilAsync(seen => seen.Contains("n1 applied 5"));
        Assert.DoesNotContain("n1 lost", watcher.Seen);
    }

    [Fact]
    public async Task A_node_that_reads_nothing_holds_up_nobody_and_then_finds_only_the_newest()
    {
        await using var controller = await RunningController.StartAsync();
        using var slow = controller.Attach("slow");
        using var quick = controller.Attach("quick");
        await slow.NextAsync();
        await quick.NextAsync();
        var network = await MakeNetworkAsync(controller);
        for (var i = 0; i < 40; i++)
        {
            // A name of 200 characters and a new one each time: far more than what the slow one's connection buffers.
            await controller.Neutron.CreateAsync<Port>(
                [.. Enumerable.Range(0, 10).Select(n => new Port { NetworkId = network.Id, HostId = "slow", Name = new string('x', 200) + i + n })], Never);
        }
        var last = await MakePortAsync(controller, "quick", network);
        Assert.Equal(last.Id, (await quick.UntilAsync(state => state.Ports.Count > 0)).Ports.Single().Id);
        ulong revision = 0;
        await slow.UntilAsync(state =>
        {
            Assert.True(state.Revision > revision);
            revision = state.Revision;
            return state.Ports.Count == 400;
        });
    }

    [Fact]
    public async Task An_observation_sets_the_ports_status_and_reaches_every_observer()
    {
        var watcher = new Watcher();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton<INodeObserver>(watcher));
        var port = await MakePortAsync(controller, "n1");
        using (var agent = controller.Attach("n1"))
        {
            await agent.NextAsync();
            await agent.SayAsync(new() { Observation = new() { AppliedRevision = 9, Ports = { new PortObservation { PortId = port.Id, Active = true } } } });
            await watcher.UntilAsync(seen => seen.Contains("n1 applied 9"));
            using var rest = controller.Rest;
            Assert.Contains("\"appliedRevision\": \"9\"", await rest.GetStringAsync("v1/status"));
        }
        await watcher.UntilAsync(seen => seen.Contains("n1 lost"));
        Assert.Equal("ACTIVE", (await controller.Neutron.FindAsync<Port>(port.Id, Never))!.Status);
    }

    [Fact]
    public async Task Nothing_is_sent_before_it_is_known_what_protects_a_node()
    {
        var supplement = new Supplement();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton<INodeSupplement>(supplement));
        using var agent = controller.Attach("n1");
        var next = agent.NextAsync();
        await MakePortAsync(controller, "n1");
        await Task.Delay(100);
        Assert.False(next.IsCompleted);
        supplement.Say(new([], [new() { Name = "web-attacks", Tag = 7 }], PodDirectory.Empty));
        Assert.Equal("web-attacks", (await next).SecurityPolicies.Single().Name);
    }

    [Fact]
    public async Task After_a_restart_the_network_and_the_identity_are_the_same_and_revisions_go_on()
    {
        ulong before;
        string directory;
        await using (var controller = await RunningController.StartAsync(keep: true))
        {
            directory = controller.Directory;
            await MakePortAsync(controller, "n1");
            using var agent = controller.Attach("n1");
            before = (await agent.UntilAsync(state => state.Ports.Count == 1)).Revision;
        }
        await using var again = await RunningController.StartAsync(directory: directory);
        using var returning = again.Attach("n1");
        var state = await returning.NextAsync();
        Assert.Single(state.Ports);
        Assert.True(state.Revision > before);
    }

    [Fact]
    public async Task What_must_stay_secret_is_readable_by_its_owner_alone()
    {
        await using var controller = await RunningController.StartAsync();
        foreach (var file in (string[])["tokens.key", "ca.key", "server.key"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(controller.LinkDirectory, file)));
    }

    private static Task<Network> MakeNetworkAsync(RunningController controller) => controller.Neutron.CreateAsync(new Network(), Never);

    private static async Task<Port> MakePortAsync(RunningController controller, string node, Network? network = null) =>
        await controller.Neutron.CreateAsync(new Port { NetworkId = (network ?? await MakeNetworkAsync(controller)).Id, HostId = node }, Never);

    private sealed class Watcher : INodeObserver
    {
        private readonly ConcurrentQueue<string> _seen = new();

        public IReadOnlyCollection<string> Seen => _seen;

        public void Observed(string node, NodeObservation observation) => _seen.Enqueue($"{node} applied {observation.AppliedRevision}");

        public void Lost(string node) => _seen.Enqueue($"{node} lost");

        public async Task UntilAsync(Func<IReadOnlyCollection<string>, bool> wanted)
        {
            for (var end = DateTime.UtcNow + RunningController.Patience; !wanted(Seen); await Task.Delay(10))
                Assert.True(DateTime.UtcNow < end, string.Join(", ", Seen));
        }
    }

    private sealed class Supplement : INodeSupplement
    {
        private volatile NodeSupplement? _said;

        public event Action? Changed;

        public void Say(NodeSupplement supplement)
        {
            _said = supplement;
            Changed?.Invoke();
        }

        public NodeSupplement? For(string node) => _said;
    }
}
