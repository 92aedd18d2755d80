using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using static Demilune.Policy.Tests.World;

namespace Demilune.Policy.Tests.Intents;

/// <summary>Each case: policies in the nine-pod cluster, and who then reaches x/a (or what x/a reaches).</summary>
public sealed class TruthTableTests
{
    private const string All = "x/a x/b x/c y/a y/b y/c z/a z/b z/c";

    private static PolicyPeer Ns(string ns) => new PolicyPeer.Pods(Select(("ns", ns)), LabelSelector.Everything);

    private static PolicyPeer Own(string pod) => new PolicyPeer.Pods(null, Select(("pod", pod)));

    private static PolicyPeer Both(LabelSelector ns, string pod) => new PolicyPeer.Pods(ns, Select(("pod", pod)));

    [Fact]
    public void Without_policies_everything_is_open() => Assert.Equal(All, new World().Reaching("x/a"));

    [Fact]
    public void A_policy_without_rules_denies_by_default_but_never_a_pod_to_itself() =>
        Assert.Equal("x/a", new World().With(NetPolicy("x", "deny")).Reaching("x/a"));

    [Fact]
    public void A_policy_selects_only_in_its_own_namespace() =>
        Assert.Equal(All, new World().With(NetPolicy("y", "deny")).Reaching("x/a"));

    [Fact]
    public void A_rule_that_is_empty_allows_everybody_on_everything()
    {
        var world = new World().With(NetPolicy("x", "all", ingress: [Rule()]));
        Assert.Equal(All, world.Reaching("x/a"));
        Assert.Equal(All, world.Reaching("x/a", 53, Protocol.Udp));
    }

    [Fact]
    public void A_pod_selector_alone_means_the_own_namespace() =>
        Assert.Equal("x/a x/b", new World().With(NetPolicy("x", "p", ingress: [Rule([Own("b")])])).Reaching("x/a"));

    [Fact]
    public void A_namespace_selector_alone_means_all_of_its_pods() =>
        Assert.Equal("x/a y/a y/b y/c", new World().With(NetPolicy("x", "p", ingress: [Rule([Ns("y")])])).Reaching("x/a"));

    [Fact]
    public void Both_selectors_in_one_peer_must_hold_in_each_of_any_number_of_namespaces()
    {
        var yz = new LabelSelector([new LabelRequirement("ns", LabelOperator.NotIn, ["x"])]);
        Assert.Equal("x/a y/b z/b", new World().With(NetPolicy("x", "p", ingress: [Rule([Both(yz, "b")])])).Reaching("x/a"));
    }

    [Fact]
    public void Two_peers_are_alternatives() =>
        Assert.Equal("x/a x/c y/a y/b y/c", new World().With(NetPolicy("x", "p", ingress: [Rule([Ns("y"), Own("c")])])).Reaching("x/a"));

    [Fact]
    public void An_empty_namespace_selector_means_every_namespace() =>
        Assert.Equal("x/a x/b y/b z/b", new World().With(NetPolicy("x", "p", ingress: [Rule([Both(LabelSelector.Everything, "b")])])).Reaching("x/a"));

    [Fact]
    public void Policies_on_one_pod_add_up() =>
        Assert.Equal("x/a x/b y/a y/b y/c", new World()
            .With(NetPolicy("x", "p1", ingress: [Rule([Own("b")])]))
            .With(NetPolicy("x", "p2", ingress: [Rule([Ns("y")])])).Reaching("x/a"));

    [Theory]
    [InlineData(79, "x/a")]
    [InlineData(80, All)]
    [InlineData(85, All)]
    [InlineData(90, All)]
    [InlineData(91, "x/a")]
    public void A_port_range_ends_with_its_end_port(int port, string reaching) =>
        Assert.Equal(reaching, new World().With(NetPolicy("x", "p", ingress: [Rule(ports: [Tcp(80, 90)])])).Reaching("x/a", port));

    [Fact]
    public void A_port_of_one_protocol_says_nothing_of_another() =>
        Assert.Equal("x/a", new World().With(NetPolicy("x", "p", ingress: [Rule(ports: [Tcp(80)])])).Reaching("x/a", 80, Protocol.Udp));

    [Fact]
    public void A_named_port_is_what_each_selected_pod_says_it_is()
    {
        var world = new World().Add("x", "b", ("http", 8080)).Add("x", "c")
            .With(NetPolicy("x", "p", ingress: [Rule(ports: [new PolicyPort.Named(Protocol.Tcp, "http")])]));
        Assert.True(world.Judge("y/a", "x/a", 80).Allowed);
        Assert.False(world.Judge("y/a", "x/a", 8080).Allowed);
        Assert.False(world.Judge("y/a", "x/b", 80).Allowed);
        Assert.True(world.Judge("y/a", "x/b", 8080).Allowed);
        Assert.False(world.Judge("y/a", "x/c", 80).Allowed);
    }

    [Fact]
    public void A_named_port_of_egress_is_what_each_peer_says_it_is()
    {
        var world = new World().Add("y", "b", ("http", 8080))
            .With(NetPolicy("x", "p", egress: [Rule([Ns("y")], [new PolicyPort.Named(Protocol.Tcp, "http")])], types: [PolicyType.Egress]));
        Assert.True(world.Judge("x/a", "y/a", 80).Allowed);
        Assert.False(world.Judge("x/a", "y/b", 80).Allowed);
        Assert.True(world.Judge("x/a", "y/b", 8080).Allowed);
        Assert.False(world.Judge("x/a", "z/a", 80).Allowed);
    }

    [Theory]
    [InlineData("203.0.113.9", true)]
    [InlineData("10.1.9.9", false)]
    [InlineData("10.2.9.9", false)]
    [InlineData("10.3.9.9", true)]
    [InlineData("fd00::1", false)]
    public void A_block_excludes_each_of_its_exceptions(string from, bool allowed) =>
        Assert.Equal(allowed, new World()
            .With(NetPolicy("x", "p", ingress: [Rule([new PolicyPeer.Block("0.0.0.0/0", ["10.1.0.0/16", "10.2.0.0/16"])])]))
            .Judge(from, "x/a").Allowed);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("10.0.0.0/99")]
    public void A_block_that_makes_no_sense_allows_nothing_and_says_so(string cidr)
    {
        var world = new World()
            .With(NetPolicy("x", "p", ingress: [Rule([new PolicyPeer.Block(cidr, [])]), Rule([new PolicyPeer.Block("10.0.0.0/8", [cidr])])]));
        Assert.False(world.Judge("10.0.0.1", "x/a").Allowed);
        Assert.Equal(2, world.Compile().Policies.First().Problems.Length);
    }

    [Fact]
    public void Egress_is_a_type_only_if_there_are_egress_rules_or_it_is_named()
    {
        Assert.True(new World().With(NetPolicy("x", "p")).Judge("x/a", "y/a").Allowed);
        Assert.False(new World().With(NetPolicy("x", "p", types: [PolicyType.Egress])).Judge("x/a", "y/a").Allowed);
        Assert.False(new World().With(NetPolicy("x", "p", egress: [Rule([Ns("z")])])).Judge("x/a", "y/a").Allowed);
        Assert.True(new World().With(NetPolicy("x", "p", egress: [Rule([Ns("z")])])).Judge("x/a", "z/a").Allowed);
    }

    [Fact]
    public void Types_that_name_egress_only_leave_ingress_open() =>
        Assert.Equal(All, new World()
            .With(NetPolicy("x", "p", pods: Select(("pod", "a")), types: [PolicyType.Egress], ingress: [Rule([Own("b")])])).Reaching("x/a"));

    [Fact]
    public void Both_ends_have_to_allow()
    {
        var world = new World()
            .With(NetPolicy("x", "out", types: [PolicyType.Egress], egress: [Rule([Ns("y")])]))
            .With(NetPolicy("y", "in", ingress: [Rule([Both(Select(("ns", "x")), "b")])]));
        Assert.False(world.Judge("x/a", "y/a").Allowed);
        Assert.True(world.Judge("x/b", "y/a").Allowed);
    }

    [Fact]
    public void What_an_annotated_policy_allows_is_judged_even_if_a_plain_one_allows_it_too()
    {
        var world = new World()
            .With(NetPolicy("x", "plain", ingress: [Rule()]))
            .With(NetPolicy("x", "l7", ingress: [Rule([Ns("y")], [Tcp(80)])], security: "web"));
        Assert.Equal(["web"], world.Judge("y/a", "x/a").SecurityPolicies);
        Assert.Empty(world.Judge("z/a", "x/a").SecurityPolicies);
        Assert.Empty(world.Judge("y/a", "x/a", 81).SecurityPolicies);
    }

    [Fact]
    public void Egress_of_an_annotated_policy_is_judged_only_where_it_leaves_the_cluster()
    {
        var world = new World().With(NetPolicy("x", "l7", types: [PolicyType.Egress], egress: [Rule()], security: "web"));
        Assert.Empty(world.Judge("x/a", "y/a").SecurityPolicies);
        Assert.Equal(["web"], world.Judge("x/a", "203.0.113.1").SecurityPolicies);
    }

    [Fact]
    public void A_deleted_and_recreated_pod_is_another_one()
    {
        var before = new World().With(NetPolicy("x", "p", ingress: [Rule([Own("b")])]));
        var old = before.Pods["x/b"];
        before.Add("x", "b");
        Assert.Equal(before.Pods["x/b"], old);      // same UID: the same pod, whatever else changed
        Assert.NotEqual(old with { Uid = "another" }, old);
    }

    [Theory]
    [InlineData("In", "web", true, false)]
    [InlineData("NotIn", "web", false, true)]
    [InlineData("Exists", "", true, false)]
    [InlineData("DoesNotExist", "", false, true)]
    public void Requirements_mean_what_labels_Requirement_means(string word, string value, bool onWeb, bool onNothing)
    {
        var requirement = new LabelRequirement("app", Enum.Parse<LabelOperator>(word), value.Length == 0 ? [] : [value]);
        Assert.Equal(onWeb, requirement.Holds(Labels(("app", "web"))));
        Assert.Equal(onNothing, requirement.Holds(Labels()));
    }
}
