using Demilune.Contracts.Nodes;
using Demilune.Controller.Nodes;
using Demilune.Controller.Tests.Deployment;
using Demilune.Kubernetes.Api;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Controller.Tests.Nodes;

/// <summary>Agents that are pods, known by the tokens that a cluster makes for them.</summary>
public sealed class PodTokensTests
{
    private const string Agents = """
        {"apiVersion":"v1","kind":"List","items":[
          {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"demilune-system"}},
          {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"demilune-node","namespace":"demilune-system"}},
          {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"somebody","namespace":"demilune-system"}},
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"agent-1","namespace":"demilune-system"},"spec":{"nodeName":"n1","serviceAccountName":"demilune-node","containers":[{"name":"node","image":"node"}]}},
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"agent-2","namespace":"demilune-system"},"spec":{"nodeName":"n2","serviceAccountName":"demilune-node","containers":[{"name":"node","image":"node"}]}},
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"unplaced","namespace":"demilune-system"},
           "spec":{"serviceAccountName":"demilune-node","nodeSelector":{"no":"where"},"containers":[{"name":"node","image":"node"}]}}]}
        """;

    [Fact]
    public async Task An_agent_is_on_the_node_where_the_cluster_says_that_its_pod_is_and_on_no_other()
    {
        await using var server = await ApiServer.StartAsync();
        await server.KubectlAsync(Agents, "apply", "--validate=false", "-f", "-");
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton(_ => new PodTokens(KubernetesApi.Connect(server.Kubeconfig))));
        var token = await TokenAsync(server, "demilune-node", "agent-1", "--audience", PodTokens.Audience);
        using (var own = controller.Attach("n1", token))
        {
            await own.NextAsync();
            await own.SayAsync(new() { Observation = new NodeObservation { AppliedRevision = 1 } });
        }
        using (var other = controller.Attach("n2", token))
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(other.NextAsync)).StatusCode);

        // Made for the API server, of another account, of a pod that is nowhere, bound to nothing.
        string[] useless =
        [
            await TokenAsync(server, "demilune-node", "agent-1"),
            await TokenAsync(server, "somebody", "agent-1", "--audience", PodTokens.Audience),
            await TokenAsync(server, "demilune-node", "unplaced", "--audience", PodTokens.Audience),
            (await server.KubectlAsync("", "create", "token", "demilune-node", "-n", "demilune-system", "--audience", PodTokens.Audience)).Trim(),
        ];
        foreach (var one in useless) await AssertRefusedAsync(controller, one);
        // A token dies with its pod.
        await server.KubectlAsync("", "delete", "pod", "agent-1", "-n", "demilune-system", "--force", "--grace-period=0");
        await AssertRefusedAsync(controller, token);
    }

    [Fact]
    public async Task While_the_cluster_cannot_be_asked_an_agent_is_told_to_come_again()
    {
        var server = await ApiServer.StartAsync();
        await server.KubectlAsync(Agents, "apply", "--validate=false", "-f", "-");
        var token = await TokenAsync(server, "demilune-node", "agent-1", "--audience", PodTokens.Audience);
        var pods = new PodTokens(KubernetesApi.Connect(server.Kubeconfig));
        await server.DisposeAsync();
        await using var controller = await RunningController.StartAsync(services => services.AddSingleton(pods));
        using var agent = controller.Attach("n1", token);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(agent.NextAsync)).StatusCode);
    }

    private static async Task AssertRefusedAsync(RunningController controller, string token)
    {
        using var agent = controller.Attach("n1", token);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(agent.NextAsync)).StatusCode);
    }

    private static async Task<string> TokenAsync(ApiServer server, string account, string pod, params string[] more) => (await server.KubectlAsync(
        "", ["create", "token", account, "-n", "demilune-system", "--bound-object-kind", "Pod", "--bound-object-name", pod, .. more])).Trim();
}
