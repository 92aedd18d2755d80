using Demilune.Contracts.Nodes;
using Demilune.Controller.Events;
using Demilune.Controller.Hosting;
using Demilune.Kubernetes.Api;
using Demilune.Sdn;
using Grpc.Core;

namespace Demilune.Controller.Nodes;

/// <summary>The controller's end of the node link.</summary>
internal sealed partial class NodeLinkService(
    NodeAuthority authority, NodeRegistry registry, NodeStates states, INodeNetwork network, EventIntake events, Leadership leadership, IHostApplicationLifetime lifetime,
    ILogger<NodeLinkService> log) : NodeLink.NodeLinkBase
{
    private const uint Contract = 1;

    /// <summary>Election takes this long where nobody is to be waited for.</summary>
    private static readonly TimeSpan ElectionPatience = TimeSpan.FromSeconds(2);

    public override async Task Attach(IAsyncStreamReader<FromNode> requests, IServerStreamWriter<ToNode> responses, ServerCallContext context)
    {
        var owner = await RecogniseAsync(context);
        var hello = await ReadHelloAsync(requests, context.CancellationToken);
        var node = hello.Node;
        if (node != owner)
        {
            AnotherNode(log, context.Peer, owner, node);
            throw new RpcException(new(StatusCode.PermissionDenied, $"The token is node {owner}'s, not {node}'s."));
        }
        if (await leadership.TermAsync(ElectionPatience, context.CancellationToken) is not { } term)
            throw new RpcException(new(StatusCode.Unavailable, "Another controller leads."));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping, term);
        var link = registry.Attach(node, end) ?? throw new RpcException(new(StatusCode.ResourceExhausted, "Too many nodes."));
        Attached(log, node, context.Peer);
        network.SetGatewayNode(node, hello.Gateway);
        try
        {
            var reading = ReadAsync(link, requests, end.Token);
            var writing = WriteAsync(hello, responses, end.Token);
            await Task.WhenAny(reading, writing);
            await end.CancelAsync();
            await Task.WhenAll(reading, writing);
        }
        catch (OperationCanceledException)
        {
            // The node went, a newer link took over, we stop, or another controller leads.
        }
        catch (IOException)
        {
            // The connection broke; the node will come again.
        }
        finally
        {
            if (registry.Detach(link)) Detached(log, node);
        }
    }

    /// <summary>The node that the caller is. Before anything that he says is read.</summary>
    private async Task<string> RecogniseAsync(ServerCallContext context)
    {
        try
        {
            if (await authority.NodeOfAsync(context.RequestHeaders.GetValue("authorization"), context.CancellationToken) is { } node) return node;
        }
        catch (Exception error) when (error is ApiException or HttpRequestException or IOException or TimeoutException)
        {
            throw new RpcException(new(StatusCode.Unavailable, $"The API server cannot say whose the token is: {error.Message}"));
        }
        TokenRefused(log, context.Peer);
        throw new RpcException(new(StatusCode.Unauthenticated, "The token is no node's: neither of this controller (DIR/nodes/NODE of its --node-link-directory), nor of the agent's pod."));
    }

    private static async Task<Hello> ReadHelloAsync(IAsyncStreamReader<FromNode> requests, CancellationToken ct)
    {
        if (!await requests.MoveNext(ct) || requests.Current.Hello is not { } hello)
            throw new RpcException(new(StatusCode.FailedPrecondition, "The first message must be hello."));
        if (hello.Contract != Contract)
            throw new RpcException(new(StatusCode.FailedPrecondition, $"This controller speaks contract {Contract}, the agent {hello.Contract}: use the same release."));
        if (hello.Node.Length is 0 or > 253)
            throw new RpcException(new(StatusCode.InvalidArgument, "hello.node must be the node's name in Kubernetes."));
        return hello;
    }

    private async Task ReadAsync(NodeRegistry.Link link, IAsyncStreamReader<FromNode> requests, CancellationToken ct)
    {
        while (await requests.MoveNext(ct))
        {
            var message = requests.Current;
            switch (message.MessageCase)
            {
                case FromNode.MessageOneofCase.Observation when registry.Observed(link, message.Observation):
                    network.SetPortStatus(link.Node, [.. message.Observation.Ports.Select(port => (port.PortId, port.Active))]);
                    network.SetRouterStatus(link.Node, [.. message.Observation.Routers.Select(router => (router.RouterId, router.Active))]);
                    network.SetFloatingStatus(link.Node, message.Observation.Routers.SelectMany(router => router.Floating).ToHashSet(StringComparer.Ordinal));
                    break;
                case FromNode.MessageOneofCase.Eve:
                    events.TakeEve(message.Eve.Lines);
                    break;
                case FromNode.MessageOneofCase.Flows:
                    events.TakeFlows(link.Node, message.Flows);
                    break;
                default:
                    break;      // a newer agent may say more than we know
            }
        }
    }

    private async Task WriteAsync(Hello hello, IServerStreamWriter<ToNode> responses, CancellationToken ct)
    {
        NodeState? sent = null;
        await foreach (var state in states.FollowAsync(hello.Node, ct))
        {
            var change = sent is not null && hello.TakesChanges ? NodeChanges.Between(sent, state) : null;
            await responses.WriteAsync(change is null ? new() { State = state } : new() { Change = change }, ct);
            sent = state;
        }
    }

    [LoggerMessage(3411, LogLevel.Information, "Node {Node} attached from {Peer}")]
    private static partial void Attached(ILogger log, string node, string peer);

    [LoggerMessage(3412, LogLevel.Warning, "Node {Node} detached; it goes on enforcing its last state")]
    private static partial void Detached(ILogger log, string node);

    [LoggerMessage(3415, LogLevel.Warning, "A node agent from {Peer} was refused: it has node {Owner}'s token and says that it is {Node}")]
    private static partial void AnotherNode(ILogger log, string peer, string owner, string node);

    [LoggerMessage(3413, LogLevel.Warning, "A node agent from {Peer} was refused: wrong token")]
    private static partial void TokenRefused(ILogger log, string peer);
}
