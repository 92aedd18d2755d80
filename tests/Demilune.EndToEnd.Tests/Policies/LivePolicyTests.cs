using Demilune.Cli.Policies.Cases;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>
/// The cases of tests/policies with real connections between real pods, over TCP, UDP and SCTP, IPv4 and IPv6: what the compiler says is what the
/// kernel does. A sample of each family; all of them with DEMILUNE_TEST_ALL. Addresses outside of the cluster are asked only of the compiler.
/// </summary>
public sealed class LivePolicyTests : IClassFixture<LivePolicyTests.Lab>
{
    private static readonly Dictionary<string, PolicyCase> s_cases = CaseLibrary.Read(Path.Combine(Stage.Top, "tests", "policies")).ToDictionary(one => one.Name);

    private static readonly string[] s_sample =
    [
        "actions/a-namespace-gets-the-label", "actions/a-peer-loses-the-label", "actions/policies-one-by-one", "actions/recreate-a-peer-otherwise", "actions/swap-addresses",
        "blocks/everything-but-three-pods-v6-ingress", "blocks/everything-but-two-pods-egress", "conflicts/sides-that-allow-different-ports",
        "invalid/a-peer-with-block-and-selector", "judges/rules-that-name-their-own", "judges/the-annotation-comes-and-goes", "judges/three-judges-in-every-mixture", "judges/two-judges-of-overlapping-ports",
        "judges/a-block-and-a-pod-in-it", "judges/a-second-judge-comes-and-goes", "judges/shadows-of-rules", "judges/a-shadow-comes-and-goes", "peers/pod-in-two-namespaces-egress",
        "peers/namespaces-not-in-ingress", "ports/a-name-that-means-another-number-on-each-pod-egress", "ports/number-and-named-ingress", "ports/sctp-80-ingress", "ports/range-egress",
        "rules/each-rule-has-its-own-ports", "targets/by-not-in-ingress-egress", "tiers/an-exception-of-one-port-ingress", "tiers/deny-one-port-of-an-accepted-range-egress",
        "tiers/pass-skips-the-rest-of-its-tier-ingress", "tiers/pass-leaves-it-to-the-baseline-egress", "tiers/priorities-change-ingress", "tiers/all-three-tiers-egress",
        "tiers/the-baseline-is-not-asked-where-a-policy-selects-ingress", "tiers/a-network-of-one-pod", "tiers/accept-named-ingress", "tiers/a-monitor-gets-everywhere",
        "actions/policies-go-before-their-pods", "labels/namespaces-absent-ingress", "ports/a-name-of-three-protocols-on-each-pod-egress", "recipes/three-layers", "hostnetwork/deny-all",
    ];

    private readonly Lab _lab;

    public LivePolicyTests(Lab lab) => _lab = lab;

    public static TheoryData<string> Names => [.. Stage.IsAll ? s_cases.Keys.ToArray() : s_sample];

    /// <summary>One for all cases: a pod that the next case has too stays, with all that the kernel remembers of it.</summary>
    public sealed class Lab : IDisposable
    {
        private LiveCluster? _cluster;

        internal LiveCluster Cluster => _cluster ??= new();

        public void Dispose() => _cluster?.Dispose();
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_case_holds_on_real_connections(string name)
    {
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces and eBPF need root");
        Assert.Empty(await _lab.Cluster.RunAsync(s_cases[name], TestContext.Current.CancellationToken));
    }
}
