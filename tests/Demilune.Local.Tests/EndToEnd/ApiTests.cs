using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Demilune.Local.Tests.EndToEnd;

/// <summary>What controllers rely on, with the official client and raw requests.</summary>
public sealed class ApiTests(Cluster cluster) : IClassFixture<Cluster>
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task A_list_comes_in_chunks_of_one_state_whatever_happens_in_between()
    {
        for (var i = 0; i < 5; i++) await Create($"chunk-{i}", "chunk");
        var first = await cluster.Client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 2);
        await Create("chunk-00", "chunk");
        var names = first.Items.Select(m => m.Metadata.Name).ToList();
        var next = first;
        while (next.Metadata.ContinueProperty is { Length: > 0 } token)
        {
            next = await cluster.Client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 2, continueParameter: token);
            Assert.Equal(first.Metadata.ResourceVersion, next.Metadata.ResourceVersion);
            names.AddRange(next.Items.Select(m => m.Metadata.Name));
        }
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.DoesNotContain("chunk-00", names);
        Assert.Equal(5, names.Count(name => name.StartsWith("chunk-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_watch_goes_on_where_the_list_ended_and_selectors_turn_changes_into_coming_and_going()
    {
        await Create("w-1", "other");
        var list = await cluster.Client.CoreV1.ListNamespacedConfigMapAsync("default", labelSelector: "set=watched");
        using var watch = await WatchAsync($"{Maps}?watch=true&labelSelector=set%3Dwatched&resourceVersion={list.Metadata.ResourceVersion}");
        await cluster.SendAsync("PATCH", $"{Maps}/w-1", """{"metadata":{"labels":{"set":"watched"}}}""", "application/merge-patch+json");
        Assert.Equal(("ADDED", "w-1"), await NextAsync(watch));
        await cluster.SendAsync("PATCH", $"{Maps}/w-1", """{"data":{"x":"y"}}""", "application/merge-patch+json");
        Assert.Equal(("MODIFIED", "w-1"), await NextAsync(watch));
        await cluster.SendAsync("PATCH", $"{Maps}/w-1", """{"metadata":{"labels":{"set":"no"}}}""", "application/merge-patch+json");
        Assert.Equal(("DELETED", "w-1"), await NextAsync(watch));
        await cluster.SendAsync("PATCH", $"{Maps}/w-1", """{"metadata":{"labels":{"set":"watched"}}}""", "application/merge-patch+json");
        Assert.Equal(("ADDED", "w-1"), await NextAsync(watch));
        await cluster.SendAsync("DELETE", $"{Maps}/w-1");
        Assert.Equal(("DELETED", "w-1"), await NextAsync(watch));
    }

    [Fact]
    public async Task A_streamed_list_ends_with_the_bookmark_that_says_so()
    {
        await Create("stream-1", "streamed");
        using var watch = await WatchAsync($"{Maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=set%3Dstreamed");
        Assert.Equal(("ADDED", "stream-1"), await NextAsync(watch));
        var bookmark = JsonNode.Parse((await watch.ReadLineAsync())!)!;
        Assert.Equal("BOOKMARK", bookmark["type"]!.GetValue<string>());
        Assert.Equal("true", bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_revision_that_is_forgotten_is_gone_and_one_to_come_is_a_timeout()
    {
        using var watch = await WatchAsync($"{Maps}?watch=true&resourceVersion=1");
        // Revision 1 is before the first object: nothing is forgotten yet, so everything since is told.
        Assert.Equal("ADDED", (await NextAsync(watch)).Type);
        var (code, body, _) = await cluster.SendAsync("GET", $"{Maps}?resourceVersion=99999999");
        Assert.Equal(504, code);
        Assert.Contains("Too large resource version", body);
    }

    [Fact]
    public async Task An_update_of_something_older_is_a_conflict_and_creating_it_again_is_one_too()
    {
        var made = await cluster.Client.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { Name = "conflict" } }, "default");
        made.Data = new Dictionary<string, string> { ["a"] = "1" };
        await cluster.Client.CoreV1.ReplaceNamespacedConfigMapAsync(made, "conflict", "default");
        var (code, body, _) = await cluster.SendAsync("PUT", $"{Maps}/conflict", KubernetesJson.Serialize(made));
        Assert.Equal(409, code);
        Assert.Contains("the object has been modified", body);
        (code, body, _) = await cluster.SendAsync("POST", Maps, """{"metadata":{"name":"conflict"}}""");
        Assert.Equal((409, true), (code, body.Contains("AlreadyExists", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Dependents_go_with_their_owner_unless_they_are_orphaned()
    {
        foreach (var (policy, stays) in ((string, bool)[])[("Background", false), ("Foreground", false), ("Orphan", true)])
        {
            var owner = await cluster.Client.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { GenerateName = "owner-" } }, "default");
            var reference = new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = owner.Metadata.Name, Uid = owner.Metadata.Uid, BlockOwnerDeletion = true };
            var child = await cluster.Client.CoreV1.CreateNamespacedSecretAsync(new V1Secret { Metadata = new() { GenerateName = "child-", OwnerReferences = [reference] } }, "default");
            await cluster.SendAsync("DELETE", $"{Maps}/{owner.Metadata.Name}", $$"""{"propagationPolicy":"{{policy}}"}""");
            await Eventually(async () => (await cluster.SendAsync("GET", $"{Maps}/{owner.Metadata.Name}")).Code is 404);
            if (stays)
            {
                var orphan = await cluster.Client.CoreV1.ReadNamespacedSecretAsync(child.Metadata.Name, "default");
                Assert.Null(orphan.Metadata.OwnerReferences);
            }
            else await Eventually(async () => (await cluster.SendAsync("GET", $"/api/v1/namespaces/default/secrets/{child.Metadata.Name}")).Code is 404);
        }
    }

    [Fact]
    public async Task A_pod_is_scheduled_on_a_ready_node_and_goes_only_when_the_node_confirms()
    {
        await cluster.SendAsync("POST", "/api/v1/nodes", """{"metadata":{"name":"n1"}}""");
        await cluster.SendAsync("PATCH", "/api/v1/nodes/n1/status", """{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""", "application/merge-patch+json");
        const string Pods = "/api/v1/namespaces/default/pods";
        await cluster.SendAsync("POST", Pods, """{"metadata":{"name":"p","labels":{"app":"p"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":8080,"name":"http"}]}]}}""");
        await Eventually(async () => JsonNode.Parse((await cluster.SendAsync("GET", $"{Pods}/p")).Body)!["spec"]!["nodeName"]?.GetValue<string>() is "n1");

        await cluster.SendAsync("POST", "/api/v1/namespaces/default/services", """{"metadata":{"name":"s"},"spec":{"selector":{"app":"p"},"ports":[{"port":80,"targetPort":"http"}]}}""");
        await cluster.SendAsync("PATCH", $"{Pods}/p/status", """{"status":{"phase":"Running","podIP":"10.0.0.9","podIPs":[{"ip":"10.0.0.9"}],"conditions":[{"type":"Ready","status":"True"}]}}""", "application/merge-patch+json");
        await Eventually(async () => (await cluster.SendAsync("GET", "/api/v1/namespaces/default/endpoints/s")).Body is { } body && body.Contains("\"addresses\":[{\"ip\":\"10.0.0.9\"", StringComparison.Ordinal) && body.Contains("8080", StringComparison.Ordinal));
        var slices = await cluster.Client.DiscoveryV1.ListNamespacedEndpointSliceAsync("default", labelSelector: "kubernetes.io/service-name=s");
        Assert.True(Assert.Single(slices.Items).Endpoints.Single().Conditions.Ready);

        await cluster.SendAsync("DELETE", $"{Pods}/p");
        var pod = JsonNode.Parse((await cluster.SendAsync("GET", $"{Pods}/p")).Body)!;
        Assert.Equal(30, pod["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        await cluster.SendAsync("DELETE", $"{Pods}/p", """{"gracePeriodSeconds":0}""");
        Assert.Equal(404, (await cluster.SendAsync("GET", $"{Pods}/p")).Code);
    }

    [Fact]
    public async Task A_service_is_proxied_to_what_is_behind_it()
    {
        var backend = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        Microsoft.AspNetCore.Hosting.HostingAbstractionsWebHostBuilderExtensions.UseUrls(backend.WebHost, "http://127.0.0.1:0");
        await using var app = backend.Build();
        Microsoft.AspNetCore.Builder.RunExtensions.Run(app, http => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {http.Request.Headers.Authorization.Count}"));
        await app.StartAsync();
        var port = new Uri(app.Urls.First()).Port;
        await cluster.SendAsync("POST", "/api/v1/namespaces/default/services", """{"metadata":{"name":"behind"},"spec":{"ports":[{"name":"rest","port":80}]}}""");
        await cluster.SendAsync("POST", "/api/v1/namespaces/default/endpoints", """{"metadata":{"name":"behind"},"subsets":[{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"name":"rest","port":PORT}]}]}""".Replace("PORT", $"{port}"));
        var (code, body, _) = await cluster.SendAsync("GET", "/api/v1/namespaces/default/services/http:behind:rest/proxy/v1/things?a=b%20c");
        Assert.Equal((200, "GET /v1/things?a=b%20c 0"), (code, body));
        Assert.Equal(503, (await cluster.SendAsync("GET", "/api/v1/namespaces/default/services/behind:wrong/proxy/")).Code);
    }

    [Theory]
    [InlineData("POST", Maps, "{", 400)]
    [InlineData("POST", Maps, """{"metadata":"text"}""", 400)]
    [InlineData("POST", Maps, """{"metadata":{"name":"Upper"}}""", 422)]
    [InlineData("POST", Maps, """{"metadata":{"name":"x","name":"y"}}""", 400)]
    [InlineData("POST", Maps, """{"metadata":{"name":"x"},"data":{"k":1}}""", 400)]
    [InlineData("POST", "/api/v1/namespaces/nowhere/configmaps", """{"metadata":{"name":"x"}}""", 404)]
    [InlineData("POST", "/api/v1/namespaces/default/pods", """{"metadata":{"name":"x"},"spec":{"containers":[]}}""", 422)]
    [InlineData("POST", "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", """{"metadata":{"name":"x"},"spec":{"podSelector":{},"ingress":[{"from":[{}]}]}}""", 422)]
    [InlineData("POST", "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", """{"metadata":{"name":"x"},"spec":{"podSelector":{},"ingress":[{"ports":[{"port":80,"endPort":79}]}]}}""", 422)]
    [InlineData("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """{"metadata":{"name":"x.y.z"},"spec":"nothing"}""", 400)]
    [InlineData("GET", "/api/v1/namespaces/default/nothings", null, 404)]
    [InlineData("GET", Maps + "?labelSelector=a%20b", null, 400)]
    [InlineData("GET", Maps + "?fieldSelector=data.x%3D1", null, 400)]
    [InlineData("GET", Maps + "?continue=rubbish", null, 400)]
    [InlineData("GET", Maps + "?resourceVersion=-1", null, 400)]
    [InlineData("DELETE", "/api/v1/namespaces/default", null, 403)]
    public async Task What_makes_no_sense_is_refused_with_a_status(string method, string path, string? body, int code)
    {
        var answer = await cluster.SendAsync(method, path, body);
        Assert.True(answer.Code == code, answer.Body);
        var status = JsonNode.Parse(answer.Body)!;
        Assert.Equal("Status", status["kind"]!.GetValue<string>());
        Assert.Equal(code, status["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_and_deep_nesting_does_not_end_the_server()
    {
        var (code, _, _) = await cluster.SendAsync("POST", Maps, """{"metadata":{"name":"big"},"data":{"k":"X"}}""".Replace("X", new string('x', 3 << 20)));
        Assert.Equal(413, code);
        (code, _, _) = await cluster.SendAsync("POST", Maps, string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000));
        Assert.Equal(400, code);
    }

    [Fact]
    public async Task Whoever_is_not_known_gets_nothing()
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var anonymous = new HttpClient(handler);
        Assert.Equal(401, (int)(await anonymous.GetAsync(new Uri(cluster.Client.BaseUri, Maps))).StatusCode);
        anonymous.DefaultRequestHeaders.Authorization = new("Bearer", "e30.e30.e30");
        Assert.Equal(401, (int)(await anonymous.GetAsync(new Uri(cluster.Client.BaseUri, Maps))).StatusCode);
    }

    [Fact]
    public async Task A_thousand_pods_are_listed_whole()
    {
        for (var i = 0; i < 1000; i++)
            Assert.Equal(201, (await cluster.SendAsync("POST", "/api/v1/namespaces/kube-public/pods", """{"metadata":{"name":"pod-N"},"spec":{"nodeName":"none","containers":[{"name":"c","image":"i"}]}}""".Replace("-N", $"-{i}"))).Code);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var (code, body, _) = await cluster.SendAsync("GET", "/api/v1/namespaces/kube-public/pods");
        TestContext.Current.TestOutputHelper?.WriteLine($"listed in {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        Assert.Equal(200, code);
        Assert.Equal(1000, System.Text.Json.Nodes.JsonNode.Parse(body)!["items"]!.AsArray().Count(pod => ((string)pod!["metadata"]!["name"]!).StartsWith("pod-", StringComparison.Ordinal)));
    }

    private async Task Create(string name, string set)
    {
        var (code, body, _) = await cluster.SendAsync("POST", Maps, """{"metadata":{"name":"NAME","labels":{"set":"SET"}}}""".Replace("NAME", name).Replace("SET", set));
        Assert.True(code is 201, body);
    }

    private async Task<StreamReader> WatchAsync(string path) =>
        new(await (await cluster.Client.HttpClient.GetAsync(new Uri(cluster.Client.BaseUri, path), HttpCompletionOption.ResponseHeadersRead)).Content.ReadAsStreamAsync());

    private static async Task<(string Type, string Name)> NextAsync(StreamReader watch)
    {
        var line = await watch.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) ?? throw new EndOfStreamException();
        var change = JsonNode.Parse(line)!;
        return (change["type"]!.GetValue<string>(), change["object"]!["metadata"]!["name"]!.GetValue<string>());
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        var until = DateTime.UtcNow.AddSeconds(20);
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < until, "it did not happen within 20 seconds");
            await Task.Delay(20);
        }
    }
}
