using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Bootstrapping;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Reporting;
using k8s.Models;

namespace Demilune.Orchestrator.Tests.Bootstrapping;

public sealed class BootstrapTests
{
    private static readonly ConfigMapKeyReference Reference = new() { Namespace = "demilune-system", Name = "tuning", Key = "suricata.yaml" };

    [Fact]
    public void Settings_become_arguments_of_the_instance_in_one_order_however_they_are_written()
    {
        string[] expected = ["--set", "flow-timeouts.tcp.new=30", "--set", "flow.memcap=256mb", "--set", "stream.reassembly.memcap=1gb"];
        Assert.Equal(expected, Of("suricata", "stream: {reassembly: {memcap: 1gb}}\nflow: {memcap: 256mb}\nflow-timeouts: {tcp: {new: 30}}\n").Arguments);
        Assert.Equal(expected, Of("suricata", "%YAML 1.1\n---\n# ours\nflow-timeouts:\n  tcp:\n    new: 30\nflow:\n  memcap: 256mb\nstream:\n  reassembly:\n    memcap: 1gb\n").Arguments);
        Assert.Equal(["--cpu", "3", "--transactions", "on"], Of("demilune", "transactions: on\ncpu: 3").Arguments);
        Assert.Empty(Of("demilune", "# nothing\n").Arguments);
    }

    /// <summary>What the orchestrator sets so that nothing passes unjudged, and what would run or write something else.</summary>
    [Theory]
    [InlineData("stream: {inline: no}", "stream.inline")]
    [InlineData("stream: {midstream-policy: pass-flow}", "stream.midstream-policy")]
    [InlineData("stream: {bypass: yes}", "stream.bypass")]
    [InlineData("stream: {reassembly: {depth: 1kb}}", "stream.reassembly.depth")]
    [InlineData("flow: {memcap-policy: ignore}", "flow.memcap-policy")]
    [InlineData("exception-policy: ignore", "exception-policy")]
    [InlineData("app-layer: {error-policy: ignore}", "app-layer.error-policy")]
    [InlineData("app-layer: {protocols: {tls: {encryption-handling: bypass}}}", "app-layer.protocols.tls.encryption-handling")]
    [InlineData("app-layer: {protocols: {http: {enabled: no}}}", "app-layer.protocols.http.enabled")]
    [InlineData("app-layer: {protocols: {http: {libhtp: {default-config: {request-body-limit: 1kb}}}}}", "request-body-limit is \"1kb\"")]
    [InlineData("unix-command: {enabled: no}", "unix-command.enabled")]
    [InlineData("include: /etc/passwd", "include")]
    [InlineData("\"stream.inline\": no", "stream.inline")]
    [InlineData("flow: {memcap: 12}", "flow.memcap is \"12\"")]
    [InlineData("flow: {memcap: \"256mb --set stream.inline=no\"}", "flow.memcap is")]
    [InlineData("cpu: 3", "cpu")]
    public void What_would_undo_the_orchestrators_own_settings_or_has_no_sense_is_refused_by_name_and_line(string text, string named)
    {
        var refused = Of("suricata", "host: {hash-size: 4096}\n" + text);
        Assert.Equal(("BootstrapInvalid", 0), (refused.Reason, refused.Arguments.Length));
        Assert.Contains("spec.bootstrap.inline: line 2: ", refused.Message);
        Assert.Contains(named, refused.Message);
    }

    [Theory]
    [InlineData("cpu: 1\ncpu: 2", "line 2: cpu is there twice")]
    [InlineData("- cpu", "")]
    [InlineData("cpu: [1]", "")]
    [InlineData("a: &a {b: c}\nd: *a", "")]
    [InlineData("{", "")]
    [InlineData("a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}", "nested deeper")]
    [InlineData("--- \n...\n---\ncpu: 1", "")]
    public void What_is_no_mapping_of_values_is_refused(string text, string says)
    {
        var refused = Of("demilune", text);
        Assert.Equal("BootstrapInvalid", refused.Reason);
        Assert.Contains(says, refused.Message);
    }

    [Fact]
    public void A_text_longer_than_any_settings_are_is_refused_unread() => Assert.Contains("characters", Of("demilune", new string('#', 20_000)).Message);

    [Fact]
    public void A_ConfigMap_is_followed_and_what_is_not_there_is_named()
    {
        var firewall = A.Firewall();
        (firewall.Spec.Engine, firewall.Spec.Bootstrap) = ("suricata", new() { ConfigMap = Reference });
        Assert.Equal(("BootstrapNotFound", true), (Bootstrap.Of(Bootstrap.Follow(firewall, _ => null)).Reason, Bootstrap.Of(firewall).Message.Contains("demilune-system/tuning", StringComparison.Ordinal)));
        Assert.Equal("BootstrapNotFound", Bootstrap.Of(Bootstrap.Follow(firewall, _ => Map("another", ""))).Reason);
        var followed = Bootstrap.Follow(firewall, key => key == new ObjectKey("demilune-system", "tuning") ? Map("suricata.yaml", "mpm-algo: ac") : null);
        Assert.Equal(["--set", "mpm-algo=ac"], Bootstrap.Of(followed).Arguments);
        Assert.Null(firewall.Spec.Bootstrap.Inline);
        Assert.Equal(firewall.Metadata.Uid, followed.Metadata.Uid);
        Assert.Contains("ConfigMap demilune-system/tuning, key \"suricata.yaml\": line 1", Bootstrap.Of(Bootstrap.Follow(firewall, _ => Map("suricata.yaml", "x: 1"))).Message);
    }

    [Fact]
    public void Another_bootstrap_is_another_revision_and_another_way_to_write_it_is_not()
    {
        var (none, one, same, other) = (With(null), With("cpu: 1"), With("# a remark\n{cpu: 1}"), With("cpu: 2"));
        Assert.Equal(FirewallPod.RevisionOf(one, A.Options), FirewallPod.RevisionOf(same, A.Options));
        Assert.Equal(3, new[] { none, one, other }.Select(firewall => FirewallPod.RevisionOf(firewall, A.Options)).Distinct().Count());
        Assert.Equal(["--cpu", "1"], A.Instance("fw", of: one).Spec.Containers[0].Args.TakeLast(2));
    }

    [Fact]
    public void While_it_is_wrong_instances_stay_as_they_are_and_no_others_are_made()
    {
        var (right, wrong) = (With("cpu: 1"), With("cpu: many"));
        var instance = A.Instance("fw", of: right);
        var slots = ImmutableHashSet.Create(new Slot("default", "n1"), new Slot("default", "n2"));
        var firewalls = new Dictionary<string, Firewall> { ["default"] = wrong };
        Assert.Empty(InstancePlan.Of(slots, firewalls, [instance], new Health(), A.Options));

        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [instance], firewalls: [wrong], seen: A.Seen([A.Engine("fw")]));
        var status = FirewallReport.Of(wrong, situation.Needed(), situation, A.Options);
        var accepted = Conditions.Find(status.Conditions, "Accepted")!;
        Assert.Equal(("False", "BootstrapInvalid"), (accepted.Status, accepted.Reason));
        Assert.Contains("cpu is \"many\", and must be a number from 0 to 1023", accepted.Message);
        Assert.True(Conditions.IsTrue(status.Conditions, "Available"));
        Assert.Equal("BootstrapInvalid", Conditions.Find(status.Conditions, "Progressing")!.Reason);
        Assert.Equal(1, status.HealthyInstances);
    }

    private static Bootstrap Of(string engine, string text)
    {
        var firewall = With(text);
        firewall.Spec.Engine = engine;
        return Bootstrap.Of(firewall);
    }

    private static Firewall With(string? text)
    {
        var firewall = A.Firewall();
        firewall.Spec.Bootstrap = text is null ? null : new() { Inline = text };
        return firewall;
    }

    private static V1ConfigMap Map(string key, string text) => new() { Data = new Dictionary<string, string> { [key] = text } };

    /// <summary>All have been dead for long, as far as anybody can see.</summary>
    private sealed class Health : IInstanceHealth
    {
        public bool IsHealthy(string uid) => false;

        public bool IsDead(string uid) => true;

        public bool IsIdle(string uid) => false;

        public bool IsDrained(string uid) => true;

        public bool IsRefused(string uid) => false;
    }
}
