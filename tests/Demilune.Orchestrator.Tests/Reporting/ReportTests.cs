using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Reporting;
using k8s.Models;

namespace Demilune.Orchestrator.Tests.Reporting;

/// <summary>Each case: what was observed, and what the objects then say.</summary>
public sealed class ReportTests
{
    [Fact]
    public void A_live_firewall_that_loaded_the_policy_enforces_it()
    {
        var policy = A.Situation().Policies["web"];
        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")],
            seen: A.Seen([A.Engine("fw", true, A.Loaded(policy))], "port-web"));
        var status = PolicyReport.Of(policy, 2, situation);
        Assert.Equal((1, 1, 1, 40), (status.Pods, status.Instances, status.LoadedInstances, status.Rules));
        Assert.All(new[] { "Accepted", "Loaded", "Enforced" }, type => Assert.True(Conditions.IsTrue(status.Conditions, type), type));
        Assert.Equal(Protection.Inspected, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
        var firewall = FirewallReport.Of(A.Firewall(), situation.Needed(), situation, A.Options);
        Assert.Equal((1, 1, 1), (firewall.Instances, firewall.HealthyInstances, firewall.ProtectedPods));
        Assert.True(Conditions.IsTrue(firewall.Conditions, "Available"));
    }

    [Theory]
    [InlineData(FailureAction.Closed, Protection.Blocked)]
    [InlineData(FailureAction.Open, Protection.Uninspected)]
    public void A_dead_firewall_is_said_to_be_dead_and_so_is_what_becomes_of_the_traffic(FailureAction onFailure, Protection protection)
    {
        var one = A.Policy();
        one.Spec.OnFailure = onFailure;
        var situation = A.Situation([one], [A.Pod("web", "n1", "web")], [A.Instance("fw")], A.Seen([A.Engine("fw", alive: false)], "port-web"));
        var status = PolicyReport.Of(situation.Policies["web"], 2, situation);
        var enforced = Conditions.Find(status.Conditions, "Enforced")!;
        Assert.Equal(("False", "NoHealthyInstance"), (enforced.Status, enforced.Reason));
        Assert.Contains($"onFailure: {onFailure}", enforced.Message);
        Assert.Equal(protection, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
        Assert.False(Conditions.IsTrue(FirewallReport.Of(A.Firewall(), situation.Needed(), situation, A.Options).Conditions, "Available"));
    }

    [Fact]
    public void A_node_that_is_silent_is_not_believed_to_be_well()
    {
        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")]);
        Assert.Equal("Unknown", Conditions.Find(PolicyReport.Of(situation.Policies["web"], 2, situation).Conditions, "Enforced")!.Status);
        Assert.Equal(Protection.Pending, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
    }

    [Fact]
    public void A_policy_in_the_shadow_protects_nobody_and_is_counted()
    {
        var policy = A.Situation().Policies["web"];
        var loaded = A.Loaded(policy);
        (loaded.ShadowFlows, loaded.ShadowWouldBlock) = (7, 3);
        var situation = A.Situation(pods: [A.Pod("web", "n1") with { ShadowPolicies = ["web"] }], instances: [A.Instance("fw")], seen: A.Seen([A.Engine("fw", true, loaded)], "port-web"));
        var status = PolicyReport.Of(policy, 2, situation);
        Assert.Equal((0, 1, 7, 3), (status.Pods, status.ShadowedPods, status.Counts!.ShadowFlows, status.Counts.ShadowWouldBlock));
        Assert.Equal(("False", "OnlyShadow"), (Conditions.Find(status.Conditions, "Enforced")!.Status, Conditions.Find(status.Conditions, "Enforced")!.Reason));
        Assert.True(Conditions.IsTrue(status.Conditions, "Loaded"));
        Assert.Equal(Protection.None, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
        Assert.Single(situation.Needed());
        Assert.Contains("web", NodeSupplements.Compose(situation, new Dictionary<string, IReadOnlyDictionary<string, string>>())["n1"].SecurityPolicies.Select(one => one.Name));
        // Numbers are told every ten seconds, and at once only what they say the first time.
        policy.Policy.Status = status;
        loaded.ShadowFlows = 8;
        Assert.Equal(7, PolicyReport.Of(policy, 2, situation).Counts!.ShadowFlows);
        Assert.Equal(8, PolicyReport.Of(policy, 2, situation with { Now = A.Now.AddSeconds(10) }).Counts!.ShadowFlows);
    }

    [Fact]
    public void Tags_of_policies_and_of_nodes_own_combinations_are_apart() =>
        Assert.True(PolicyTags.Last < Contracts.Frames.CombinationTags.First && Contracts.Frames.CombinationTags.Last < PolicyTags.Missing);

    [Fact]
    public void An_older_revision_is_not_the_current_one()
    {
        var policy = A.Situation().Policies["web"];
        var old = A.Loaded(policy);
        old.Revision--;
        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")], seen: A.Seen([A.Engine("fw", true, old)], "port-web"));
        var status = PolicyReport.Of(policy, 2, situation);
        Assert.Equal(0, status.LoadedInstances);
        Assert.Equal("Loading", Conditions.Find(status.Conditions, "Loaded")!.Reason);
    }

    [Fact]
    public void Rules_that_were_refused_are_shown_and_so_is_a_policy_that_was_refused_whole()
    {
        var policy = A.Situation().Policies["web"];
        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")],
            seen: A.Seen([A.Engine("fw", true, A.Loaded(policy, ok: false, "inline:3:17: unknown keyword 'contnet'"))], "port-web"));
        var status = PolicyReport.Of(policy, 2, situation);
        Assert.Equal(["inline:3:17: unknown keyword 'contnet'"], status.RuleErrors!);
        Assert.Equal("Refused", Conditions.Find(status.Conditions, "Loaded")!.Reason);
        Assert.Contains("contnet", Conditions.Find(status.Conditions, "Loaded")!.Message);
        Assert.True(Conditions.IsTrue(status.Conditions, "Enforced"), "the former revision judges");
    }

    [Theory]
    [InlineData(FailureAction.Closed, Protection.Blocked)]
    [InlineData(FailureAction.Open, Protection.Uninspected)]
    public void A_policy_of_which_nothing_ever_loaded_is_not_said_to_be_enforced(FailureAction onFailure, Protection protection)
    {
        var one = A.Policy();
        one.Spec.OnFailure = onFailure;
        var refused = A.Loaded(A.Situation([one]).Policies["web"], ok: false, "allow.tls[0].minVersion:1:1: \"9\" is none of 1.0, 1.1, 1.2, 1.3");
        refused.NotInForce = true;
        var situation = A.Situation([one], [A.Pod("web", "n1", "web")], [A.Instance("fw")], A.Seen([A.Engine("fw", true, refused)], "port-web"));
        var enforced = Conditions.Find(PolicyReport.Of(situation.Policies["web"], 2, situation).Conditions, "Enforced")!;
        Assert.Equal(("False", "Refused"), (enforced.Status, enforced.Reason));
        Assert.Contains($"onFailure: {onFailure}", enforced.Message);
        Assert.Equal(protection, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
    }

    [Fact]
    public void A_name_that_leads_nowhere_blocks_its_pods_and_says_why()
    {
        var situation = A.Situation(pods: [A.Pod("web", "n1", "misspelt")], seen: A.Seen([], "port-web"));
        var status = PodReport.Of(situation.Pods["uid-web"], situation);
        Assert.Equal(Protection.Blocked, status.Protection);
        Assert.Contains("\"misspelt\"", status.Reason);
        Assert.Empty(situation.Needed());
    }

    [Fact]
    public void A_policy_that_selects_nobody_is_neither_enforced_nor_broken()
    {
        var situation = A.Situation();
        var status = PolicyReport.Of(situation.Policies["web"], 2, situation);
        Assert.Equal("Unknown", Conditions.Find(status.Conditions, "Enforced")!.Status);
        Assert.True(Conditions.IsTrue(FirewallReport.Of(A.Firewall(), situation.Needed(), situation, A.Options).Conditions, "Available"));
    }

    [Fact]
    public void Of_several_policies_what_passes_uninspected_is_said_first()
    {
        var open = A.Policy("open", 3);
        open.Spec.OnFailure = FailureAction.Open;
        var situation = A.Situation([A.Policy(), open], [A.Pod("web", "n1", "open", "web")], seen: A.Seen([], "port-web"));
        Assert.Equal(Protection.Uninspected, PodReport.Of(situation.Pods["uid-web"], situation).Protection);
    }

    [Fact]
    public void A_node_that_the_firewall_leaves_out_has_no_instance_and_the_firewall_says_so()
    {
        var firewall = A.Firewall();
        firewall.Spec.NodeSelector = new Dictionary<string, string> { ["pool"] = "secure" };
        var situation = A.Situation(pods: [A.Pod("here", "n1", "web"), A.Pod("there", "n2", "web")], firewalls: [firewall]) with
        {
            Nodes = new[] { Node("n1", "secure"), Node("n2", "other") }.ToImmutableDictionary(node => node.Metadata.Name),
        };
        Assert.Equal(new Slot("default", "n1"), Assert.Single(situation.Needed()));
        var available = Conditions.Find(FirewallReport.Of(firewall, situation.Needed(), situation, A.Options).Conditions, "Available")!;
        Assert.Equal(("False", "NodeNotSelected"), (available.Status, available.Reason));
        Assert.Contains("n2", available.Message, StringComparison.Ordinal);

        static V1Node Node(string name, string pool) => new() { Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["pool"] = pool } } };
    }
}
