using System.Text.Json.Nodes;

namespace Demilune.Local.Tests.EndToEnd;

public sealed class RestartTests
{
    [Fact]
    public async Task After_a_restart_everything_is_there_kinds_included_and_old_credentials_still_work()
    {
        var root = Directory.CreateTempSubdirectory("demilune-local-").FullName;
        string revision, token;
        await using (var before = new Cluster(root))
        {
            await before.InitializeAsync();
            await before.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
                {"metadata":{"name":"things.test.demilune.dev"},"spec":{"group":"test.demilune.dev","scope":"Cluster","names":{"plural":"things","kind":"Thing"},
                 "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}]}}
                """);
            for (var i = 0; i < 200 && (await before.SendAsync("GET", "/apis/test.demilune.dev/v1/things")).Code is not 200; i++) await Task.Delay(20);
            var (code, body, _) = await before.SendAsync("POST", "/apis/test.demilune.dev/v1/things", """{"metadata":{"name":"one"},"n":1}""");
            Assert.True(code is 201, body);
            revision = JsonNode.Parse(body)!["metadata"]!["resourceVersion"]!.GetValue<string>();
            for (var i = 0; i < 200 && (await before.SendAsync("GET", "/api/v1/namespaces/default/serviceaccounts/default")).Code is not 200; i++) await Task.Delay(20);
            token = JsonNode.Parse((await before.SendAsync("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "{}")).Body)!["status"]!["token"]!.GetValue<string>();
            before.Keep = true;
        }
        await using var after = new Cluster(root);
        await after.InitializeAsync();
        var thing = JsonNode.Parse((await after.SendAsync("GET", "/apis/test.demilune.dev/v1/things/one")).Body)!;
        Assert.Equal((1, revision), (thing["n"]!.GetValue<int>(), thing["metadata"]!["resourceVersion"]!.GetValue<string>()));
        var review = await after.SendAsync("POST", "/apis/authentication.k8s.io/v1/tokenreviews", """{"spec":{"token":"TOKEN"}}""".Replace("TOKEN", token));
        Assert.Contains("system:serviceaccount:default:default", review.Body);
    }
}
