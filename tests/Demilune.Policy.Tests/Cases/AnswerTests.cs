using Demilune.Cli.Policies;
using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Intents;

namespace Demilune.Policy.Tests.Cases;

/// <summary>What the commands say, of a small shop.</summary>
public sealed class AnswerTests
{
    private const string Shop = """
        {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: front, labels: {app: front}}, spec: {containers: []}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {containers: []}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {namespace: shop, name: web, annotations: {demilune.dev/security-policy: web}}
        spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: front}}}], ports: [{port: 80}]}]}
        ---
        apiVersion: demilune.dev/v1alpha1
        kind: SecurityPolicy
        metadata: {name: web}
        spec:
          allow: {http: [{methods: [GET], paths: [{prefix: /shop}]}]}
          rules: [{inline: 'drop http any any -> any any (msg:"sql"; http.uri; content:"union select"; nocase; sid:7;)'}]
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {name: guard}
        spec: {tier: Admin, priority: 3, subject: {namespaces: {}}, egress: [{name: no metadata, action: Deny, to: [{networks: [169.254.169.254/32]}]}]}
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {name: world}
        spec: {tier: Admin, priority: 4, subject: {pods: {podSelector: {matchLabels: {app: front}}}}, egress: [{action: Accept, to: [{domainNames: ["*.example.com"]}]}, {action: Deny, to: [{networks: [198.51.100.0/24, 203.0.113.0/24]}]}]}
        """;

    [Fact]
    public void A_pod_is_explained_tier_by_tier()
    {
        var cluster = Objects().ToCluster();
        var said = new StringWriter();
        PolicyExplainCommand.Write(PolicyCompiler.Compile(cluster).Find(cluster.Pods.Single(pod => pod.Name.Local == "web"))!, said);
        Assert.Equal("""
            shop/web
              Ingress
                NetworkPolicy shop/web, ingress[0]: allows TCP/80 from pods [app in (front)] of namespace shop, judged by SecurityPolicy web
                all else is closed: NetworkPolicy shop/web isolates the pod
              Egress
                ClusterNetworkPolicy guard (tier Admin), egress[0] "no metadata": denies everything to 169.254.169.254/32
                all else is open: no NetworkPolicy isolates the pod in this direction

            """, said.ToString());
    }

    [Theory]
    [InlineData("shop/front", "shop/web", "GET /shop/a", 0, "nothing of it forbids or notices this request")]
    [InlineData("shop/front", "shop/web", "GET /shop/%2e%2e/admin", 1, "Not allowed by SecurityPolicy web")]
    [InlineData("shop/front", "shop/web", "GET /shop?q=1+UNION+SELECT", 1, "rule 7 \"sql\" matches: Blocked")]
    [InlineData("shop/front", "169.254.169.254", null, 1, "denied by ClusterNetworkPolicy guard (tier Admin), egress[0] \"no metadata\"")]
    [InlineData("shop/front", "api.example.com", null, 0, "egress[0]: allows everything to whoever the pod was told is *.example.com")]
    [InlineData("shop/front", "api.example.com", null, 0, "assumed: shop/front was told by a name server that api.example.com is 198.51.100.1/32")]
    [InlineData("shop/front", "example.com=203.0.113.9", null, 1, "denied by ClusterNetworkPolicy world (tier Admin), egress[1]")]
    [InlineData("10.9.9.9", "shop/web", null, 1, "policies isolate the pod and none of them allows this")]
    [InlineData("shop/web", "shop/front", null, 0, "nobody judges it")]
    public void A_connection_is_traced_to_its_verdict(string from, string to, string? request, int exit, string reason)
    {
        var said = new StringWriter();
        var asked = new Expectation(Demilune.Policy.Model.Protocol.Tcp, 80, from, to, Fate.Allowed, null, true, true);
        Assert.Equal(exit, TraceCommand.Trace(Objects(), asked, v6: false, request is null ? null : TracedRequest.Of(request, [], null, to), null, said));
        Assert.Contains(reason, said.ToString());
    }

    [Fact]
    public void A_change_is_told_by_the_connections_that_it_changes()
    {
        var after = Objects();
        Assert.True(after.Delete("NetworkPolicy shop/web"));
        var said = new StringWriter();
        Assert.Equal(1, PolicyDiffCommand.Write(Objects(), after, null, said));
        Assert.Contains("shop/front → shop/web TCP/80: inspected by web → allowed", said.ToString());
        Assert.DoesNotContain("shop/web → shop/front", said.ToString());
        Assert.Equal(0, PolicyDiffCommand.Write(Objects(), Objects(), null, new StringWriter()));
    }

    [Fact]
    public void A_change_of_names_is_told_by_the_names()
    {
        var after = Objects();
        foreach (var manifest in Manifests.Read("""
            apiVersion: policy.networking.k8s.io/v1alpha2
            kind: ClusterNetworkPolicy
            metadata: {name: world}
            spec: {tier: Admin, priority: 4, subject: {pods: {podSelector: {matchLabels: {app: front}}}}, egress: [{action: Accept, to: [{domainNames: [api.example.org]}]}, {action: Deny, to: [{networks: [198.51.100.0/24, 203.0.113.0/24]}]}]}
            """, "change")) after.Apply(manifest);
        var said = new StringWriter();
        Assert.Equal(1, PolicyDiffCommand.Write(Objects(), after, null, said));
        Assert.Contains("shop/front → any.example.com TCP/80: allowed → denied", said.ToString());
        Assert.Contains("shop/front → api.example.org TCP/80: denied → allowed", said.ToString());
        Assert.DoesNotContain("shop/web →", said.ToString());
    }

    private static ClusterObjects Objects()
    {
        var objects = new ClusterObjects();
        foreach (var manifest in Manifests.Read(Shop, "shop")) objects.Apply(manifest);
        return objects;
    }
}
