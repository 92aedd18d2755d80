using System.Globalization;
using System.Text.Json;
using Demilune.Local.Api;
using Demilune.Local.Pods;
using Demilune.Local.Storage;

namespace Demilune.Local.Subresources;

/// <summary>kubectl logs, exec and attach: from the request to the node's runtime.</summary>
internal sealed class PodStreams(IPodRuntime runtime, ObjectStore store)
{
    public async Task LogAsync(HttpContext http, ObjectName name)
    {
        var query = http.Request.Query;
        var target = Target(name, query["container"]);
        DateTimeOffset? since = ObjectReader.Number(query["sinceSeconds"], "sinceSeconds") is { } seconds ? DateTimeOffset.UtcNow.AddSeconds(-seconds) : null;
        if (query["sinceTime"].ToString() is { Length: > 0 } text)
            since = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var at) ? at : throw StatusException.BadRequest($"sinceTime: \"{text}\" is no RFC 3339 time");
        var request = new LogRequest(query["follow"] == "true", query["previous"] == "true", query["timestamps"] == "true",
            ObjectReader.Number(query["tailLines"], "tailLines"), since, ObjectReader.Number(query["limitBytes"], "limitBytes"));
        try
        {
            await using var log = await runtime.OpenLogAsync(target, request, http.RequestAborted);
            http.Response.ContentType = "text/plain";
            await http.Response.StartAsync(http.RequestAborted);
            var buffer = new byte[16 << 10];
            int read;
            while ((read = await log.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        catch (PodRuntimeException e) when (!http.Response.HasStarted)
        {
            throw StatusException.BadRequest(e.Message);
        }
    }

    public async Task ExecAsync(HttpContext http, ObjectName name, bool attach)
    {
        var query = http.Request.Query;
        var command = query["command"].Select(word => word ?? "").ToArray();
        if (!attach && command.Length is 0) throw StatusException.BadRequest("you must specify at least 1 command for the container");
        var target = Target(name, query["container"]);
        if (!http.WebSockets.IsWebSocketRequest)
            throw StatusException.BadRequest("exec and attach are spoken over WebSockets here (v5.channel.k8s.io or v4.channel.k8s.io), SPDY is not supported; use kubectl 1.31 or newer");
        var protocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(offered => offered is "v5.channel.k8s.io") ?? http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(offered => offered is "v4.channel.k8s.io")
            ?? throw StatusException.BadRequest("the WebSocket offers neither v5.channel.k8s.io nor v4.channel.k8s.io");
        static bool Asks(string? value) => value is "true" or "1";
        var tty = Asks(query["tty"]);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(protocol);
        await using var channels = new ChannelSocket(socket, Asks(query["stdin"]), Asks(query["stdout"]), Asks(query["stderr"]) && !tty, tty);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var receiving = channels.ReceiveAsync(ending);
        try
        {
            var code = attach ? await runtime.AttachAsync(target, channels.Streams, ending.Token) : await runtime.ExecAsync(target, command, channels.Streams, ending.Token);
            await channels.FinishAsync(code, null);
        }
        catch (PodRuntimeException e)
        {
            await channels.FinishAsync(null, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The caller hung up; the runtime has killed the command.
        }
        finally
        {
            // The caller answers the goodbye; hanging up on it first would look like a broken connection.
            await Task.WhenAny(receiving, Task.Delay(ChannelSocket.CloseTimeout, CancellationToken.None));
            await ending.CancelAsync();
            await receiving;
        }
    }

    private ContainerTarget Target(ObjectName name, string? container)
    {
        var pod = store.Current.Find("pods", name) ?? throw StatusException.NotFound("pods", name.Name);
        var names = ((string[])["containers", "initContainers"]).SelectMany(list => pod.Root.Items("spec", list)).Select(c => c.Text("name") ?? "").ToArray();
        if (string.IsNullOrEmpty(container)) container = Default(pod.Root);
        if (container is null) throw StatusException.BadRequest($"a container name must be specified for pod {name.Name}, choose one of: [{string.Join(' ', names)}]");
        if (!names.Contains(container)) throw StatusException.BadRequest($"container {container} is not valid for pod {name.Name}");
        return new ContainerTarget(name.Namespace, name.Name, pod.Uid, container);
    }

    private static string? Default(JsonElement pod) =>
        pod.Text("metadata", "annotations", "kubectl.kubernetes.io/default-container")
        ?? (pod.Items("spec", "containers").Select(c => c.Text("name")).ToArray() is [var only] ? only : null);
}
