using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Resolving;
using k8s.Models;
using Nodes = Demilune.Contracts.Nodes;

namespace Demilune.Orchestrator.Tests.Resolving;

public sealed class SecurityPolicyResolverTests
{
    private static readonly V1ConfigMap Map = new() { Data = new Dictionary<string, string> { ["a.rules"] = "alert tcp any any -> any any (sid:1;)" } };

    [Fact]
    public void Each_source_is_named_so_that_an_error_leads_back_to_it()
    {
        var resolved = Resolve(A.Policy(rules:
        [
            new() { Inline = "one" }, new() { Builtin = "web-baseline" },
            new() { ConfigMap = new() { Namespace = "ns", Name = "rules", Key = "a.rules" } }, new() { Inline = "two" },
        ]));
        Assert.True(resolved.Accepted, resolved.Message);
        Assert.Equal(["inline", "builtin/web-baseline", "configmap/ns/rules/a.rules", "inline[3]"], resolved.Rules.Select(source => source.Name));
        Assert.Equal(["one", "", Map.Data["a.rules"], "two"], resolved.Rules.Select(source => source.Text));
        Assert.Equal(["default"], resolved.ToNodes()!.Firewalls);
    }

    [Fact]
    public void What_leads_nowhere_is_said_and_no_half_of_the_policy_is_loaded()
    {
        var resolved = Resolve(A.Policy(rules:
        [
            new() { Inline = "one" }, new() { ConfigMap = new() { Namespace = "ns", Name = "missing", Key = "k" } },
            new() { ConfigMap = new() { Namespace = "ns", Name = "rules", Key = "b.rules" } }, new(), new() { Inline = "x", Builtin = "y" },
        ]));
        Assert.Equal("ConfigMapNotFound", resolved.Reason);
        Assert.Contains("ns/missing", resolved.Message);
        Assert.Contains("no key \"b.rules\"", resolved.Message);
        Assert.Contains("rules[3] needs exactly one", resolved.Message);
        Assert.Contains("rules[4] needs exactly one", resolved.Message);
        Assert.Contains("onFailure: Closed", resolved.Message);
        Assert.Empty(resolved.Rules);
        Assert.Empty(resolved.ToNodes()!.Firewalls);
    }

    [Fact]
    public void A_firewall_that_does_not_exist_is_a_refusal_unless_it_is_the_default_one()
    {
        var policy = A.Policy();
        Assert.True(SecurityPolicyResolver.Resolve(policy, null, _ => null).Accepted);
        policy.Spec.Firewall = "other";
        Assert.Equal("FirewallNotFound", SecurityPolicyResolver.Resolve(policy, null, _ => null).Reason);
    }

    [Theory]
    [InlineData(null, null, Nodes.SecurityPolicy.Types.OnFailure.Closed)]
    [InlineData(null, FailureAction.Open, Nodes.SecurityPolicy.Types.OnFailure.Open)]
    [InlineData(FailureAction.Closed, FailureAction.Open, Nodes.SecurityPolicy.Types.OnFailure.Closed)]
    [InlineData(FailureAction.Open, FailureAction.Closed, Nodes.SecurityPolicy.Types.OnFailure.Open)]
    public void The_policy_decides_how_it_fails_then_the_firewall_then_closed(
        FailureAction? policy, FailureAction? firewall, Nodes.SecurityPolicy.Types.OnFailure expected)
    {
        var one = A.Policy();
        one.Spec.OnFailure = policy;
        Assert.Equal(expected, SecurityPolicyResolver.Resolve(one, A.Firewall(onFailure: firewall), _ => null).OnFailure);
    }

    [Fact]
    public void The_revision_is_of_the_content()
    {
        var revision = Resolve(A.Policy()).ToNodes()!.Revision;
        Assert.Equal(revision, Resolve(A.Policy()).ToNodes()!.Revision);
        Assert.True((long)revision > 0);
        Assert.NotEqual(revision, Resolve(A.Policy(tag: 3)).ToNodes()!.Revision);
        Assert.NotEqual(revision, Resolve(A.Policy(rules: [new() { Inline = "x" }])).ToNodes()!.Revision);
        var detect = A.Policy();
        detect.Spec.Mode = PolicyMode.Detect;
        Assert.NotEqual(revision, Resolve(detect).ToNodes()!.Revision);
        Assert.Null(Resolve(A.Policy(tag: null)).ToNodes());
    }

    private static ResolvedPolicy Resolve(SecurityPolicy policy) =>
        SecurityPolicyResolver.Resolve(policy, A.Firewall(), key => key == new ObjectKey("ns", "rules") ? Map : null);
}
