using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Policy.Tests.Cases;

/// <summary>Each field that can be wrong: its author is told which it is, it opens nothing, and nobody else's policies are disturbed.</summary>
public sealed class BadInputTests
{
    private const string Cluster = """
        {apiVersion: v1, kind: Namespace, metadata: {name: x}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: y}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: a, labels: {pod: a}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: x, name: b, labels: {pod: b}}, spec: {containers: []}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: y, name: a, labels: {pod: a}}, spec: {containers: []}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: y, name: b, labels: {pod: b}}, spec: {containers: []}}
        ---
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: y, name: good}, spec: {podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{podSelector: {}}]}]}}
        """;

    private const string BadSelector = "matchExpressions: [{key: pod, operator: In, values: [b]}, {key: pod, operator: Among, values: [b]}]";

    /// <summary>Kind, its spec, what its author is told.</summary>
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "NetworkPolicy", $"podSelector: {{{BadSelector}}}", "spec.podSelector.matchExpressions[1]: pod Among with 1 values makes no sense" },
        { "NetworkPolicy", "podSelector: {matchExpressions: [{key: pod, operator: In}]}", "spec.podSelector.matchExpressions[0]: pod In with 0 values" },
        { "NetworkPolicy", "podSelector: {matchExpressions: [{key: pod, operator: Exists, values: [a]}]}", "spec.podSelector.matchExpressions[0]: pod Exists with 1 values" },
        { "NetworkPolicy", "podSelector: {}, policyTypes: [Ingress, Outgress]", "spec.policyTypes[1] \"Outgress\" is neither Ingress nor Egress" },
        { "NetworkPolicy", $"podSelector: {{}}, ingress: [{{}}, {{from: [{{podSelector: {{{BadSelector}}}}}]}}]", "ingress[1].from[0].podSelector.matchExpressions[1]" },
        { "NetworkPolicy", $"podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{{BadSelector}}}}}]}}]", "ingress[0].from[0].namespaceSelector.matchExpressions[1]" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{from: [{}]}]", "ingress[0].from[0] has neither selector nor ipBlock" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]", "ingress[0].from[0] has both an ipBlock and a selector" },
        { "NetworkPolicy", "podSelector: {}, egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0/8}}]}]", "egress[0].to[1].ipBlock.cidr \"10.0.0/8\" is no CIDR" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/33]}}]}]", "ingress[0].from[0].ipBlock.except[1] \"10.2.0.0/33\" is no CIDR" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/16, except: [10.1.0.0/16]}}]}]", "ingress[0].from[0].ipBlock.except[0] 10.1.0.0/16 is not within 192.168.0.0/16" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/16, except: ['fd00::/8']}}]}]", "ingress[0].from[0].ipBlock.except[0] fd00::/8 is not within 192.168.0.0/16" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{ports: [{port: 80}, {port: 80, protocol: ICMP}]}]", "ingress[0].ports[1].protocol \"ICMP\" is not TCP, UDP or SCTP" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{ports: [{port: 0}]}]", "ingress[0].ports[0]: ports 0-0 are no range" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{ports: [{port: 65536}]}]", "ingress[0].ports[0]: ports 65536-65536 are no range" },
        { "NetworkPolicy", "podSelector: {}, egress: [{ports: [{port: 90, endPort: 80}]}]", "egress[0].ports[0]: ports 90-80 are no range" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{ports: [{endPort: 80}]}]", "ingress[0].ports[0].endPort without port" },
        { "NetworkPolicy", "podSelector: {}, ingress: [{ports: [{port: http, endPort: 90}]}]", "ingress[0].ports[0].endPort with the named port \"http\"" },
        { "NetworkPolicy", "podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]}]", "egress port \"http\": a name has no meaning on the ipBlock" },
        { "InspectionPolicy", $"podSelector: {{{BadSelector}}}", "spec.podSelector.matchExpressions[1]" },
        { "InspectionPolicy", "podSelector: {}, policyTypes: [Both]", "spec.policyTypes[0] \"Both\"" },
        { "InspectionPolicy", "podSelector: {}, ingress: [{from: [{}], securityPolicy: web}]", "ingress[0].from[0] has neither" },
        { "InspectionPolicy", "podSelector: {}, ingress: [{ports: [{port: 80, endPort: 70}]}]", "ingress[0].ports[0]: ports 80-70" },
        { "InspectionPolicy", "podSelector: {}, egress: [{toDomainNames: [a.example, 'a..example']}]", "egress[0].toDomainNames[1] \"a..example\" is no domain name" },
        { "InspectionPolicy", "podSelector: {}, egress: [{toDomainNames: ['*']}]", "egress[0].toDomainNames[0] \"*\" is no domain name" },
        { "InspectionPolicy", "podSelector: {}, egress: [{toDomainNames: [a.example], ports: [{port: http}]}]", "a name has no meaning on the domain name a.example" },
        { "ClusterNetworkPolicy", "tier: Middle, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}", "spec.tier \"Middle\" is neither Admin nor Baseline" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1001, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}", "spec.priority 1001 is not between 0 and 1000" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: -1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}", "spec.priority -1 is not between" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {}", "spec.subject needs exactly one of namespaces and pods" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {}, pods: {}}", "spec.subject needs exactly one of namespaces and pods" },
        { "ClusterNetworkPolicy", $"tier: Admin, priority: 1, subject: {{namespaces: {{{BadSelector}}}}}", "spec.subject.namespaces.matchExpressions[1]" },
        { "ClusterNetworkPolicy", $"tier: Admin, priority: 1, subject: {{pods: {{podSelector: {{{BadSelector}}}}}}}", "spec.subject.pods.podSelector.matchExpressions[1]" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, ingress: [{action: Maybe, from: [{namespaces: {}}]}]", "ingress[0].action \"Maybe\" is none of" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, ingress: [{action: Accept}]", "ingress[0] names no peers" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, egress: [{action: Accept, to: [{}]}]", "egress[0]: a peer needs exactly one of" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, egress: [{action: Accept, to: [{networks: [10.0.0.0/40]}]}]", "egress[0]: network \"10.0.0.0/40\" is no CIDR" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, egress: [{action: Accept, to: [{domainNames: ['*.*.example']}]}]", "egress[0]: \"*.*.example\" is no domain name" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, egress: [{action: Deny, to: [{domainNames: [a.example]}]}]", "egress[0]: domainNames can only be accepted" },
        { "ClusterNetworkPolicy", $"tier: Admin, priority: 1, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: x}}}}}}, egress: [{{action: Accept, to: [{{nodes: {{{BadSelector}}}}}]}}]", "egress[0]: nodes.matchExpressions[1]" },
        { "ClusterNetworkPolicy", $"tier: Admin, priority: 1, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: x}}}}}}, ingress: [{{action: Accept, from: [{{pods: {{podSelector: {{{BadSelector}}}}}}}]}}]", "ingress[0]: podSelector.matchExpressions[1]" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{}]}]", "ingress[0]: a protocol needs exactly one of" },
        { "ClusterNetworkPolicy", "tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: x}}}, ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 9, end: 8}}}}]}]", "ingress[0]: destinationPort needs a number or a range" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void A_wrong_field_is_named_opens_nothing_and_disturbs_nobody(string kind, string spec, string told)
    {
        var (without, with) = (Objects(), Objects());
        var api = kind switch { "NetworkPolicy" => "networking.k8s.io/v1", "InspectionPolicy" => "demilune.dev/v1alpha1", _ => "policy.networking.k8s.io/v1alpha2" };
        var space = kind == "ClusterNetworkPolicy" ? "" : "namespace: x, ";
        foreach (var manifest in Manifests.Read($"{{apiVersion: {api}, kind: {kind}, metadata: {{{space}name: bad}}, spec: {{{spec}}}}}", "bad")) with.Apply(manifest);
        var (before, after) = (PolicyCompiler.Compile(without.ToCluster()), PolicyCompiler.Compile(with.ToCluster()));
        var bad = after.Policies.Single(policy => policy.Name.Local == "bad");
        Assert.Contains(bad.Problems, problem => problem.Contains(told, StringComparison.Ordinal));
        var good = after.Policies.Single(policy => policy.Name.Local == "good");
        Assert.Empty(good.Problems);
        Assert.Equal(Rules(before.Policies.Single()), Rules(good));
        var pods = with.ToCluster().Pods;
        foreach (var from in pods)
            foreach (var to in pods)
            {
                var attempt = new Attempt(from, Address(from), to, Address(to), Protocol.Tcp, 80);
                var (was, now) = (before.Judge(attempt).Allowed, after.Judge(attempt).Allowed);
                // A policy of the cluster whose subject cannot be read is everybody's; but it has no rule that closes anything.
                if (from.Name.Namespace == "y" && to.Name.Namespace == "y") Assert.Equal(was, now);
                Assert.True(was || !now, $"{from.Name} → {to.Name} was opened");
            }

        Demilune.Policy.Addresses.Prefix Address(Pod pod) => with.AddressOf(pod.Name.ToString(), v6: false)!.Value;
    }

    private static string Rules(PolicyIntent policy) => string.Join('\n', policy.Variants.SelectMany(variant => variant.Allowances));

    private static ClusterObjects Objects()
    {
        var objects = new ClusterObjects();
        foreach (var manifest in Manifests.Read(Cluster, "cluster")) objects.Apply(manifest);
        return objects;
    }
}
