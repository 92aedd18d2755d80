using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Tests;

public sealed class NodeSupplementsTests
{
    [Fact]
    public void A_node_is_told_its_firewalls_the_policies_in_use_and_who_is_who()
    {
        var situation = A.Situation([A.Policy(), A.Policy("unused", 9)], [A.Pod("web", "n1", "web"), A.Pod("other", "n2")], [A.Instance("fw")]);
        var labels = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["uid-web"] = new Dictionary<string, string> { ["app"] = "web" } };
        var supplement = NodeSupplements.Compose(situation, labels)["n1"];
        var firewall = Assert.Single(supplement.Firewalls);
        Assert.Equal(("uid-fw", "demilune-system", "fw", "default", "demilune", 100u),
            (firewall.PodUid, firewall.PodNamespace, firewall.PodName, firewall.Name, firewall.Engine, firewall.HeartbeatDeadlineMs));
        Assert.Equal([2u, (uint)PolicyTags.Missing], supplement.SecurityPolicies.Select(policy => policy.Tag));
        Assert.Equal(2, supplement.Pods.All.Count);
        Assert.Equal("web", supplement.Pods.All.Single(one => one.PodName == "web").Labels["app"]);
        Assert.Empty(NodeSupplements.Compose(situation, labels)["n2"].Firewalls);
    }

    [Fact]
    public void Nothing_is_said_before_something_is_known_and_what_is_not_new_is_not_said_again()
    {
        var supplements = new NodeSupplements();
        var told = 0;
        supplements.Changed += () => told++;
        Assert.Null(supplements.For("n1"));
        for (var i = 0; i < 3; i++) supplements.Publish(A.Situation(pods: [A.Pod("web", "n1", "web")]), new Dictionary<string, IReadOnlyDictionary<string, string>>(), new HashSet<string>());
        Assert.Equal(1, told);
        Assert.NotNull(supplements.For("n1"));
        Assert.Equal((uint)PolicyTags.Missing, Assert.Single(supplements.For("unknown")!.SecurityPolicies).Tag);
    }

    [Fact]
    public void Where_tunnels_end_is_told_to_nodes_without_pods_too_and_only_when_it_changes()
    {
        var supplements = new NodeSupplements();
        var told = 0;
        supplements.Changed += () => told++;
        foreach (var address in new[] { "192.0.2.2", "192.0.2.2", "192.0.2.3" })
            supplements.Publish(A.Situation(pods: [A.Pod("web", "n1", "web")]) with { Tunnels = TunnelEnds.Of(new(Mtu: 1400), [Node("n1", "192.0.2.1"), Node("n2", address), Node("n3")]) },
                new Dictionary<string, IReadOnlyDictionary<string, string>>(), new HashSet<string>());
        Assert.Equal(2, told);
        var tunnels = supplements.For("n2")!.Tunnels!;
        Assert.Equal((4789, 1400), (tunnels.Port, tunnels.Mtu));
        // The name that Kubernetes has of a node is no address of it.
        Assert.Equal(["n1 192.0.2.1", "n2 192.0.2.3", "n3 "], tunnels.Nodes.Select(node => $"{node.Key} {string.Join(',', node.Value)}").Order(StringComparer.Ordinal));

        static V1Node Node(string name, params string[] addresses) => new()
        {
            Metadata = new V1ObjectMeta { Name = name },
            Status = new V1NodeStatus { Addresses = [new V1NodeAddress { Type = "Hostname", Address = name }, .. addresses.Select(address => new V1NodeAddress { Type = "InternalIP", Address = address })] },
        };
    }

    [Theory]
    [InlineData(null, 100)]
    [InlineData("100ms", 100)]
    [InlineData("10ms", 10)]
    [InlineData("2s", 2000)]
    [InlineData("0ms", 100)]
    [InlineData("-5ms", 100)]
    [InlineData("ms", 100)]
    [InlineData("", 100)]
    [InlineData("999999999999s", 100)]
    public void A_deadline_that_makes_no_sense_is_the_default(string? text, uint milliseconds) =>
        Assert.Equal(milliseconds, NodeSupplements.DeadlineOf(text));

    [Fact]
    public void The_tag_of_what_is_missing_fails_closed() =>
        Assert.Equal(Contracts.Nodes.SecurityPolicy.Types.OnFailure.Closed, NodeSupplements.Compose(A.Situation(pods: [A.Pod("a")]), new Dictionary<string, IReadOnlyDictionary<string, string>>())["n1"].SecurityPolicies[^1].OnFailure);
}
