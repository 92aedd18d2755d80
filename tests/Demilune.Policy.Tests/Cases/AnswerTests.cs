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

    [Fact]
    public void A_change_of_blocks_is_told_by_the_addresses_where_it_begins_and_of_each_family_by_itself()
    {
        ClusterObjects Block(string cidr, string except) => With($$$"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {namespace: shop, name: front}
            spec: {podSelector: {matchLabels: {app: front}}, ingress: [{from: [{ipBlock: {cidr: '{{{cidr}}}', except: [{{{except}}}]}}], ports: [{port: 80}]}]}
            """);
        var said = Diff(Block("203.0.113.0/24", "203.0.113.64/26"), Block("203.0.113.0/24", "203.0.113.64/27"));
        Assert.Contains("203.0.113.96 → shop/front TCP/80: denied → allowed", said);
        Assert.DoesNotContain("203.0.113.64 →", said);
        Assert.DoesNotContain("203.0.113.128 →", said);
        said = Diff(Block("0.0.0.0/0", ""), Block("::/0", ""));
        Assert.Contains("shop/web → shop/front TCP/80 over IPv4: allowed → denied", said);
        Assert.Contains("shop/web → shop/front TCP/80 over IPv6: denied → allowed", said);
    }

    [Fact]
    public void Pods_that_only_one_state_has_are_told_apart()
    {
        var said = Diff(Objects(), With("{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: late}, spec: {containers: []}}"));
        Assert.Contains("not compared, pods that come: shop/late", said);
    }

    [Theory]
    [InlineData("shop/frond", "there is no pod shop/frond; there are shop/front, shop/host, shop/over, shop/web")]
    [InlineData("web", "a pod is named as NAMESPACE/NAME: shop/web?")]
    [InlineData("nobody", "there is no pod nobody; a pod is named as NAMESPACE/NAME")]
    [InlineData("bank/web", "there is no pod bank/web, and no pod in that namespace")]
    [InlineData("shop/host", "pod shop/host has its node's network (hostNetwork): it is under no policy")]
    [InlineData("shop/over", "pod shop/over is over (Succeeded): it has no network any longer")]
    public void Who_is_asked_for_and_is_not_there_is_told_with_who_is(string name, string told)
    {
        var objects = With("""
            {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: host}, spec: {hostNetwork: true, nodeName: n, containers: []}, status: {podIP: 192.0.2.10}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: over}, spec: {containers: []}, status: {phase: Succeeded}}
            """);
        Assert.Equal(told, Assert.Throws<InvalidDataException>(() => PodNamed.Find(objects, objects.ToCluster(), name)).Message);
    }

    [Fact]
    public void A_pod_with_its_nodes_network_is_traced_as_its_node()
    {
        var objects = With("""
            {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: here}, spec: {hostNetwork: true, nodeName: n, containers: []}, status: {podIP: 192.0.2.10}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: there}, spec: {hostNetwork: true, nodeName: m, containers: []}, status: {podIP: 192.0.2.11}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {nodeName: n, containers: []}}
            """);
        foreach (var (from, exit, verdict) in new[] { ("shop/here", 0, "a node always reaches its own pods"), ("shop/there", 1, "dropped in the kernel of the node of shop/web") })
        {
            var said = new StringWriter();
            var asked = new Expectation(Demilune.Policy.Model.Protocol.Tcp, 80, from, "shop/web", Fate.Allowed, null, true, true);
            Assert.Equal(exit, TraceCommand.Trace(objects, asked, v6: false, null, null, said));
            Assert.Contains(verdict, said.ToString());
            Assert.Contains($"pod {from} has its node's network", said.ToString());
        }
    }

    [Fact]
    public void Where_rules_are_not_at_hand_nobody_says_that_a_request_passes()
    {
        var objects = With("""
            apiVersion: demilune.dev/v1alpha1
            kind: SecurityPolicy
            metadata: {name: web}
            spec: {rules: [{builtin: web-baseline}, {inline: 'drop http any any -> any any (msg:"sql"; http.uri; content:"union"; sid:7;)'}]}
            """);
        foreach (var (request, exit, verdict) in new[] { ("GET /", 2, "verdict: none"), ("GET /union", 1, "blocked by the firewall") })
        {
            var said = new StringWriter();
            var asked = new Expectation(Demilune.Policy.Model.Protocol.Tcp, 80, "shop/front", "shop/web", Fate.Allowed, null, true, true);
            Assert.Equal(exit, TraceCommand.Trace(objects, asked, v6: false, TracedRequest.Of(request, [], null, "shop"), null, said));
            Assert.Contains(verdict, said.ToString());
        }
    }

    [Theory]
    [InlineData("garbage", "flows.json:1: this is no flow")]
    [InlineData("""{"source": "10.0.0.1"}""", "flows.json:1: this is no flow as demilune flows --json writes them: it needs source and destination")]
    [InlineData("", "no flow of TCP, UDP or SCTP is in it")]
    [InlineData("""{"source": "10.0.0.1", "destination": "10.0.0.2", "protocol": 1}""", "no flow of TCP, UDP or SCTP is in it")]
    public void What_is_no_recorded_flow_is_told_with_its_line(string text, string told)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("flows");
        try
        {
            var path = Path.Combine(directory.FullName, "flows.json");
            File.WriteAllText(path, text);
            Assert.Contains(told, Assert.Throws<InvalidDataException>(() => RecordedFlows.Read(path)).Message);
            File.WriteAllText(path, """{"source": "10.0.0.1", "sourcePod": "shop/front", "destination": "10.0.0.2", "protocol": 6, "destinationPort": 80}""");
            Assert.Equal([new Question("shop/front", "10.0.0.2", Demilune.Policy.Model.Protocol.Tcp, 80)], RecordedFlows.Read(path));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Manifests_that_are_not_there_or_none_are_named_by_their_file()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("manifests");
        try
        {
            var (empty, bad) = (directory.CreateSubdirectory("empty").FullName, Path.Combine(directory.FullName, "bad.yaml"));
            File.WriteAllText(bad, "kind: Pod");
            foreach (var (path, told) in new[] { (empty, "there are no manifests in it"), (empty + "/none.yaml", "there is no such file or directory"), (bad, "an object needs kind and metadata.name") })
            {
                var message = Assert.Throws<InvalidDataException>(() => PolicySource.Apply([path], new())).Message;
                Assert.StartsWith(path, message);
                Assert.Contains(told, message);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Diff(ClusterObjects before, ClusterObjects after)
    {
        var said = new StringWriter();
        PolicyDiffCommand.Write(before, after, null, said);
        return said.ToString();
    }

    private static ClusterObjects With(string manifests)
    {
        var objects = Objects();
        foreach (var manifest in Manifests.Read(manifests, "more")) objects.Apply(manifest);
        return objects;
    }

    private static ClusterObjects Objects()
    {
        var objects = new ClusterObjects();
        foreach (var manifest in Manifests.Read(Shop, "shop")) objects.Apply(manifest);
        return objects;
    }
}
