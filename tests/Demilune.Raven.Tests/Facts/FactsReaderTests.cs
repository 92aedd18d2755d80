using Demilune.Kubernetes.Crds;
using Demilune.Policy.Model;
using Demilune.Kubernetes.Policies;
using Demilune.Raven.Facts;
using k8s.Models;

namespace Demilune.Raven.Tests.Facts;

public sealed class FactsReaderTests
{
    [Fact]
    public void Only_pods_with_a_network_of_their_own_that_are_placed_and_not_finished_get_ports()
    {
        var facts = Read(
            Pod("runs"), Pod("unplaced", node: null), Pod("host", hostNetwork: true), Pod("done", phase: "Succeeded"), Pod("failed", phase: "Failed"));
        Assert.Equal(["runs"], facts.Pods.Select(pod => pod.Name.Local));
        Assert.Equal(["runs", "unplaced"], facts.Cluster.Pods.Select(pod => pod.Name.Local).Order());
    }

    [Fact]
    public void Nobody_becomes_a_firewall_by_a_label_alone()
    {
        var labelled = Pod("evil");
        labelled.Metadata.Labels = new Dictionary<string, string> { [Group.FirewallLabel] = "default" };
        var inside = Pod("evil", ns: Group.SystemNamespace);
        inside.Metadata.Labels = labelled.Metadata.Labels;
        Assert.All(Read(labelled, inside).Pods, pod => Assert.Null(pod.Firewall));
        inside.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = Group.Version, Kind = "Firewall", Name = "default", Uid = "u" }];
        Assert.Equal("default", Read(inside).Pods.Single().Firewall);
        Assert.Empty(Read(inside).Cluster.Pods);
    }

    [Fact]
    public void An_absent_list_and_an_empty_one_mean_what_Kubernetes_means()
    {
        var policy = NetworkPolicyReader.Read(new V1NetworkPolicy
        {
            Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = "ns" },
            Spec = new V1NetworkPolicySpec
            {
                PodSelector = new V1LabelSelector(),
                Ingress = [new V1NetworkPolicyIngressRule(), new V1NetworkPolicyIngressRule { FromProperty = [], Ports = [] }],
            },
        });
        Assert.Null(policy.Types);
        Assert.All(policy.Ingress, rule => Assert.True(rule.Peers is null && rule.Ports is null));
        Assert.Empty(policy.Egress);
        Assert.Equal("", policy.Pods.Key);
    }

    [Fact]
    public void What_makes_no_sense_allows_nothing_and_is_reported()
    {
        var policy = NetworkPolicyReader.Read(new V1NetworkPolicy
        {
            Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = "ns" },
            Spec = new V1NetworkPolicySpec
            {
                Ingress =
                [
                    new V1NetworkPolicyIngressRule
                    {
                        FromProperty =
                        [
                            new V1NetworkPolicyPeer(),
                            new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector { MatchExpressions = [new V1LabelSelectorRequirement { Key = "a", OperatorProperty = "Like" }] } },
                        ],
                        Ports =
                        [
                            new V1NetworkPolicyPort { Port = "http", EndPort = 90 },
                            new V1NetworkPolicyPort { Port = 90, EndPort = 80 },
                            new V1NetworkPolicyPort { Protocol = "ICMP" },
                            new V1NetworkPolicyPort { Port = 70_000 },
                        ],
                    },
                ],
            },
        });
        Assert.All(policy.Ingress[0].Peers!.Value, peer => Assert.IsType<PolicyPeer.Nobody>(peer));
        Assert.All(policy.Ingress[0].Ports!.Value, port => Assert.IsType<PolicyPort.None>(port));
        Assert.Equal(6, policy.Problems.Length);
    }

    [Fact]
    public void A_security_policy_without_a_tag_is_judged_by_nobody_yet()
    {
        var policy = new SecurityPolicy { Metadata = new V1ObjectMeta { Name = "web" } };
        var inspection = FactsReader.Read([], [], [], [policy], []).Inspections["web"];
        Assert.Equal((PolicyTags.Missing, null), (inspection.Tag, inspection.Firewall));
        policy.Status = new SecurityPolicyStatus { Tag = 5 };
        inspection = FactsReader.Read([], [], [], [policy], []).Inspections["web"];
        Assert.Equal((5, "default"), (inspection.Tag, inspection.Firewall));
    }

    private static ClusterFacts Read(params V1Pod[] pods) => FactsReader.Read([], pods, [], [], []);

    private static V1Pod Pod(string name, string? node = "n1", bool hostNetwork = false, string phase = "Running", string ns = "ns") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns, Uid = "uid-" + name },
        Spec = new V1PodSpec { NodeName = node, HostNetwork = hostNetwork, Containers = [] },
        Status = new V1PodStatus { Phase = phase },
    };
}
