using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Placing;
using k8s.Models;

namespace Demilune.Orchestrator.Tests.Placing;

public sealed class InstancePlanTests
{
    private static readonly Slot Here = new("default", "n1");

    [Fact]
    public void A_slot_without_an_instance_gets_one_under_the_same_name_however_often_it_is_asked()
    {
        var create = Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], [])));
        Assert.Equal(create.Name, Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], []))).Name);
        Assert.Equal("n1", create.Node);
        Assert.NotEqual(create.Name, ((InstanceAction.Create)Plan([new Slot("default", "n2")], [])[0]).Name);
    }

    [Fact]
    public void A_slot_that_is_filled_is_left_alone() => Assert.Empty(Plan([Here], [A.Instance("fw")], healthy: ["uid-fw"]));

    [Fact]
    public void A_pod_that_ended_is_removed_and_replaced_at_once_under_another_name()
    {
        var name = ((InstanceAction.Create)Plan([Here], [])[0]).Name;
        var actions = Plan([Here], [A.Instance(name, phase: "Failed")]);
        Assert.True(actions.OfType<InstanceAction.Delete>().Single().AtOnce);
        Assert.Equal(name + "-1", actions.OfType<InstanceAction.Create>().Single().Name);
    }

    [Fact]
    public void One_that_its_node_has_just_refused_is_not_replaced_yet() =>
        Assert.Empty(Plan([Here], [A.Instance("fw", phase: "Failed")], refused: ["uid-fw"]));

    [Fact]
    public void An_instance_that_passes_no_frames_for_too_long_is_replaced()
    {
        var actions = Plan([Here], [A.Instance("fw")], dead: ["uid-fw"]);
        Assert.Single(actions.OfType<InstanceAction.Delete>());
        Assert.Single(actions.OfType<InstanceAction.Create>());
    }

    [Fact]
    public void One_that_is_being_deleted_holds_no_slot() =>
        Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], [A.Instance("fw", deleting: true)])));

    [Fact]
    public void An_outdated_instance_goes_only_when_its_successor_is_healthy()
    {
        var old = A.Instance("old");
        var changed = A.Firewall(image: "new:2");
        var firewalls = new Dictionary<string, Firewall> { ["default"] = changed };
        Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], [old], healthy: ["uid-old"], firewalls: firewalls)));
        var young = A.Instance("new", of: changed, minute: 5);
        Assert.Empty(Plan([Here], [old, young], healthy: ["uid-old"], firewalls: firewalls));
        Assert.Empty(Plan([Here], [old, young], healthy: ["uid-new", "uid-old"], firewalls: firewalls));
        Assert.Equal("old", ((InstanceAction.Delete)Assert.Single(Plan([Here], [old, young], healthy: ["uid-new"], drained: ["uid-old"], firewalls: firewalls))).Pod.Metadata.Name);
    }

    [Fact]
    public void A_revision_that_was_taken_back_is_not_tried_again_while_the_former_one_works()
    {
        var changed = A.Firewall(image: "broken:2");
        changed.Status = new FirewallStatus { RefusedRevision = FirewallPod.RevisionOf(changed, A.Options) };
        var firewalls = new Dictionary<string, Firewall> { ["default"] = changed };
        Assert.Empty(Plan([Here], [A.Instance("old")], healthy: ["uid-old"], firewalls: firewalls));
        Assert.Equal("new", ((InstanceAction.Delete)Assert.Single(Plan([Here], [A.Instance("old"), A.Instance("new", of: changed, minute: 5)], healthy: ["uid-old"], firewalls: firewalls))).Pod.Metadata.Name);
        // Nothing works any more: better to try than to stand still.
        Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], [A.Instance("old")], firewalls: firewalls)));
    }

    [Fact]
    public void An_outdated_instance_drains_beside_a_healthy_one_and_a_slot_whose_new_one_does_not_work_is_stalled()
    {
        var firewalls = new Dictionary<string, Firewall> { ["default"] = A.Firewall(image: "new:2") };
        var (old, young) = (A.Instance("old"), A.Instance("new", of: firewalls["default"], minute: 5));
        var rollout = Rollout.Of(firewalls, [old, young], _ => true, A.Options);
        Assert.Equal("uid-old", Assert.Single(rollout.Draining));
        Assert.Empty(rollout.Stalled);
        rollout = Rollout.Of(firewalls, [old, young], pod => pod == old, A.Options);
        Assert.Empty(rollout.Draining);
        Assert.Equal(Here, Assert.Single(rollout.Stalled));
        rollout = Rollout.Of(firewalls, [young], _ => false, A.Options);
        Assert.Equal((0, 0), (rollout.Draining.Count, rollout.Stalled.Count));
    }

    [Fact]
    public void Of_two_in_one_slot_the_elder_stays_and_the_other_finishes_its_flows()
    {
        V1Pod[] pods = [A.Instance("b", minute: 1), A.Instance("a")];
        Assert.Empty(Plan([Here], pods, healthy: ["uid-a", "uid-b"]));
        Assert.Equal("b", ((InstanceAction.Delete)Assert.Single(Plan([Here], pods, healthy: ["uid-a"], drained: ["uid-b"]))).Pod.Metadata.Name);
        // Whoever works is worth more than whoever is older.
        Assert.Equal("a", ((InstanceAction.Delete)Assert.Single(Plan([Here], pods, healthy: ["uid-b"], drained: ["uid-a"]))).Pod.Metadata.Name);
    }

    [Fact]
    public void A_node_gets_as_many_instances_as_its_firewall_asks_for_each_under_a_name_of_its_own()
    {
        var firewalls = new Dictionary<string, Firewall> { ["default"] = A.Firewall(instancesPerNode: 3) };
        var names = Plan([Here], [], firewalls: firewalls).Cast<InstanceAction.Create>().Select(create => create.Name).ToList();
        Assert.Equal(3, names.Distinct().Count());
        var third = Assert.IsType<InstanceAction.Create>(Assert.Single(Plan([Here], [A.Instance(names[0]), A.Instance(names[2])], firewalls: firewalls)));
        Assert.Equal(names[1], third.Name);
    }

    [Fact]
    public void A_dead_one_of_several_is_replaced_and_the_others_are_left_alone()
    {
        var firewalls = new Dictionary<string, Firewall> { ["default"] = A.Firewall(instancesPerNode: 2) };
        var actions = Plan([Here], [A.Instance("a"), A.Instance("b")], healthy: ["uid-a"], dead: ["uid-b"], firewalls: firewalls);
        Assert.Equal("b", actions.OfType<InstanceAction.Delete>().Single().Pod.Metadata.Name);
        Assert.Single(actions.OfType<InstanceAction.Create>());
    }

    [Fact]
    public void A_new_revision_goes_to_as_many_nodes_at_once_as_the_firewall_says_and_on_when_it_works_there()
    {
        var changed = A.Firewall(image: "new:2");
        changed.Spec.Upgrade = new FirewallUpgrade { NodesAtOnce = "1" };
        var firewalls = new Dictionary<string, Firewall> { ["default"] = changed };
        Slot[] slots = [.. Enumerable.Range(1, 3).Select(node => new Slot("default", $"n{node}"))];
        V1Pod[] old = [.. slots.Select(slot => A.Instance($"old-{slot.Node}", slot.Node))];
        string[] works = [.. old.Select(pod => pod.Metadata.Uid)];
        Assert.Equal("n1", ((InstanceAction.Create)Assert.Single(Plan(slots, old, healthy: works, firewalls: firewalls))).Node);
        var first = A.Instance("new-n1", of: changed, minute: 5);
        Assert.Empty(Plan(slots, [.. old, first], healthy: works, firewalls: firewalls));
        // A failed attempt is one too: else a revision that always fails would go round all nodes.
        Assert.DoesNotContain(Plan(slots, [.. old, A.Instance("new-n1", of: changed, minute: 5, phase: "Failed")], healthy: works, firewalls: firewalls),
            action => action is InstanceAction.Create { Node: not "n1" });
        Assert.Equal("n2", ((InstanceAction.Create)Assert.Single(Plan(slots, [.. old, first], healthy: [.. works, "uid-new-n1"], firewalls: firewalls))).Node);
        // A node where nothing works waits for nobody.
        Assert.Equal(["n1", "n2"], Plan(slots, old, healthy: ["uid-old-n1", "uid-old-n3"], firewalls: firewalls).Cast<InstanceAction.Create>().Select(create => create.Node));
    }

    [Theory]
    [InlineData("3", 10, 3)]
    [InlineData("25%", 10, 3)]
    [InlineData("1%", 10, 1)]
    [InlineData("100%", 10, 10)]
    [InlineData(null, 8, 2)]
    [InlineData("0%", 8, 2)]
    [InlineData("nonsense", 8, 2)]
    [InlineData("0", 8, 2)]
    public void A_share_of_the_nodes_is_rounded_up_and_never_none(string? asked, int nodes, int atOnce) => Assert.Equal(atOnce, Upgrade.AtOnce(asked, nodes));

    [Fact]
    public void Its_image_is_fetched_by_the_secrets_it_names()
    {
        var firewall = A.Firewall();
        var before = FirewallPod.RevisionOf(firewall, A.Options);
        firewall.Spec.ImagePullSecrets = [new PullSecret { Name = "registry" }];
        Assert.NotEqual(before, FirewallPod.RevisionOf(firewall, A.Options));
        Assert.Equal("registry", Assert.Single(A.Instance("fw", of: firewall).Spec.ImagePullSecrets).Name);
    }

    [Fact]
    public void What_nobody_needs_goes_when_it_is_idle_and_not_before()
    {
        Assert.Empty(Plan([], [A.Instance("fw")]));
        Assert.IsType<InstanceAction.Delete>(Assert.Single(Plan([], [A.Instance("fw")], idle: ["uid-fw"])));
    }

    [Fact]
    public void The_pod_can_do_nothing_but_its_work()
    {
        var spec = A.Instance("fw").Spec;
        var container = spec.Containers[0];
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(["NET_RAW", "SYS_NICE"], container.SecurityContext.Capabilities.Add);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.False(spec.AutomountServiceAccountToken);
        Assert.Null(spec.HostNetwork);
        Assert.Equal("250m", container.Resources.Requests["cpu"].ToString());
        Assert.Equal("/run/demilune/local/firewall/fw", Assert.Single(spec.Volumes).HostPath.Path);
        Assert.Equal("default", FirewallPods.FirewallOf(A.Instance("fw")));
    }

    [Fact]
    public void The_path_of_its_socket_fits_into_what_unix_allows()
    {
        var firewall = A.Firewall(new string('f', 253));
        var name = FirewallPod.NameOf(firewall, "a-very-long-node-name.example.org", "revision", 999);
        Assert.True($"/run/demilune/local/firewall/{name}/agent.sock".Length < 108);
        Assert.Matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", name);
    }

    private static IReadOnlyList<InstanceAction> Plan(
        Slot[] needed, V1Pod[] pods, string[]? healthy = null, string[]? dead = null, string[]? idle = null, Dictionary<string, Firewall>? firewalls = null,
        string[]? refused = null, string[]? drained = null) =>
        InstancePlan.Of(
            needed.ToHashSet(), firewalls ?? new Dictionary<string, Firewall> { ["default"] = A.Firewall() }, pods,
            new Known(healthy ?? [], dead ?? [], idle ?? [], drained ?? [], refused ?? []), A.Options);

    private sealed record Known(string[] Healthy, string[] Dead, string[] Idle, string[] Drained, string[] Refused) : IInstanceHealth
    {
        public bool IsHealthy(string uid) => Healthy.Contains(uid);

        public bool IsDead(string uid) => Dead.Contains(uid);

        public bool IsIdle(string uid) => Idle.Contains(uid);

        public bool IsDrained(string uid) => Drained.Contains(uid);

        public bool IsRefused(string uid) => Refused.Contains(uid);
    }
}
