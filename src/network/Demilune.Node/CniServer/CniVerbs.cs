using System.Diagnostics;
using System.Text.Json;
using Demilune.Contracts.Cni;
using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.Interfaces;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.CniServer;

/// <summary>ADD, DEL, CHECK, GC and STATUS of CNI 1.1, answered from the desired state and the attachments.</summary>
internal sealed class CniVerbs(Agent agent, AgentOptions options, ILogger log)
{
    private const int InvalidArguments = 4;
    private const int Io = 5;
    private const int InvalidConfiguration = 7;
    private const int TryAgainLater = 11;
    private const int NotAvailable = 50;

    public async Task<CniReply> AnswerAsync(CniRequest request, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        CniReply reply;
        var waited = TimeSpan.Zero;
        try
        {
            if (request.Command == "ADD") (reply, waited) = await AddAsync(request, stop);
            else reply = request.Command switch
            {
                "DEL" => Delete(request),
                "CHECK" => Check(request),
                "GC" => CollectGarbage(request),
                "STATUS" => Status(),
                _ => Error(InvalidArguments, $"unknown command {request.Command}", "ADD, DEL, CHECK, GC or STATUS"),
            };
        }
        catch (IOException error)
        {
            reply = Error(Io, $"{request.Command} of {request.ContainerId}: {error.Message}", "demilune-node's log has more");
        }

        var outcome = reply.Error is { } failed ? $"error {failed.Code}: {failed.Msg}" : "ok";
        log.CniDone(request.Command, request.ContainerId, request.IfName, outcome, Stopwatch.GetElapsedTime(started).TotalMilliseconds, waited.TotalMilliseconds);
        return reply;
    }

    private async Task<(CniReply Reply, TimeSpan Waited)> AddAsync(CniRequest request, CancellationToken stop)
    {
        var pod = PodReference.Parse(request.Args);
        if (!pod.IsNamed)
            return (Error(InvalidArguments, "CNI_ARGS names no pod", "K8S_POD_NAMESPACE, K8S_POD_NAME and K8S_POD_UID are needed"), default);
        if (agent.Find(request.ContainerId, request.IfName) is { } before && agent.Check(before) is null)
            return (Ok(CniResult.Of(before, VersionOf(request))), default);    // the runtime repeats itself; the specification lets us agree

        var asked = Stopwatch.GetTimestamp();
        var found = await WaitForPortsAsync(pod, stop);
        var waited = Stopwatch.GetElapsedTime(asked);
        if (found is not { } ports)
            return (Error(
                TryAgainLater, $"pod {pod} has got no port on the network after {options.PortTimeout.TotalSeconds:0} s",
                agent.HasState ? "kubectl describe podport says why" : "the controller has sent no state yet: is demilune-controller running?"), waited);

        AttachedInterface[] interfaces;
        try
        {
            interfaces = [.. ports.Select(port => new AttachedInterface(
                port.Id, (int)port.Kind, NameOf(port, request.IfName), HostNameOf(port.Id), port.Mac,
                port.Kind == Port.Types.Kind.Pod ? [.. port.Addresses] : [], (int)port.Mtu, SwitchPort.Of(port), port.Apart))];
        }
        catch (NotSupportedException refusal)
        {
            return (Error(NotAvailable, $"pod {pod}: {refusal.Message}", "openstack port show says how Neutron bound it"), waited);
        }
        var attachment = new Attachment(
            request.ContainerId, request.IfName, NetworkOf(request), ports[0].DeviceId, request.Netns, interfaces);
        agent.Attach(attachment);
        if (await WaitUntilCarriedAsync(attachment, stop) is { } deaf)
        {
            agent.Detach(attachment);
            return (Error(
                TryAgainLater, $"pod {pod}: port {deaf} is plugged in, but Neutron still says DOWN after {options.PortTimeout.TotalSeconds:0} s",
                "the log of neutron-openvswitch-agent on this node says why"), Stopwatch.GetElapsedTime(asked));
        }
        waited = Stopwatch.GetElapsedTime(asked);
        return (Ok(CniResult.Of(attachment, VersionOf(request))), waited);
    }

    private CniReply Delete(CniRequest request)
    {
        if (agent.Find(request.ContainerId, request.IfName) is { } attachment) agent.Detach(attachment);
        return new(null, null);
    }

    private CniReply Check(CniRequest request)
    {
        if (agent.Find(request.ContainerId, request.IfName) is not { } attachment)
            return Error(InvalidArguments, $"{request.ContainerId} {request.IfName} was never added, or is deleted", "ADD it");
        return agent.Check(attachment) is { } wrong
            ? Error(Io, $"{request.ContainerId} {request.IfName}: {wrong}", "DEL it and ADD it again")
            : new(null, null);
    }

    private CniReply CollectGarbage(CniRequest request)
    {
        if (!request.Config.TryGetProperty("cni.dev/valid-attachments", out var list) || list.ValueKind != JsonValueKind.Array)
            return Error(InvalidConfiguration, "cni.dev/valid-attachments is missing", "a runtime that sends GC lists the attachments to keep");
        var valid = list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            .Select(item => (Text(item, "containerID"), Text(item, "ifname"))).ToHashSet();
        foreach (var attachment in agent.Attachments())
            if (attachment.Network == NetworkOf(request) && !valid.Contains(attachment.Key)) agent.Detach(attachment);
        return new(null, null);
    }

    private CniReply Status() => agent.HasState
        ? new(null, null)
        : Error(NotAvailable, "the controller has sent no state yet", $"is demilune-controller reachable at {string.Join(" or ", (Uri[])[options.Controller, .. options.OtherControllers])}?");

    /// <summary>The pod's own port first, then a firewall's two; null when the time is over.</summary>
    /// <remarks>
    /// A pod that is a firewall shows it by its ports: its own is bound to the node only once its siblings are. One sibling without the
    /// other is a state between two requests, and waited for.
    /// </remarks>
    private async Task<IReadOnlyList<Port>?> WaitForPortsAsync(PodReference pod, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(options.PortTimeout);
        while (true)
        {
            var changed = agent.Changed;
            var ports = agent.State.Ports.Where(pod.Owns).OrderBy(port => port.Kind).ToArray();
            var firewall = agent.State.Firewalls.Any(f => pod.Is(f.PodUid, f.PodNamespace, f.PodName));
            if (ports is [{ Kind: Port.Types.Kind.Pod }, { Kind: Port.Types.Kind.FirewallIn }, { Kind: Port.Types.Kind.FirewallOut }]
                || (ports is [{ Kind: Port.Types.Kind.Pod }] && !firewall)) return ports;
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    /// <summary>Another switch carries a port some time after it was plugged in: until then the pod would speak in vain.</summary>
    /// <returns>A port that is still not carried when the time is over; null: all are.</returns>
    private async Task<string?> WaitUntilCarriedAsync(Attachment attachment, CancellationToken stop)
    {
        var awaited = attachment.Interfaces.Where(made => made.Switch is not null).Select(made => made.PortId).ToHashSet();
        if (awaited.Count == 0) return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(options.PortTimeout);
        while (true)
        {
            var changed = agent.Changed;
            if (agent.State.Ports.FirstOrDefault(port => awaited.Contains(port.Id) && port.Binding is { Active: false }) is not { } deaf) return null;
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return deaf.Id;
            }
        }
    }

    /// <summary>Unique on the host, found again without a table, within IFNAMSIZ (15 characters).</summary>
    internal static string HostNameOf(string portId) => "dl" + portId.Replace("-", "", StringComparison.Ordinal)[..10];

    private static string NameOf(Port port, string requested) => port.Kind switch
    {
        Port.Types.Kind.FirewallIn => "in",
        Port.Types.Kind.FirewallOut => "out",
        _ => requested,
    };

    private static string VersionOf(CniRequest request) => Text(request.Config, "cniVersion") is { Length: > 0 } version ? version : "1.1.0";

    private static string NetworkOf(CniRequest request) => Text(request.Config, "name");

    private static string Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static CniReply Ok(JsonElement result) => new(result, null);

    private static CniReply Error(int code, string message, string details) => new(null, new(code, message, details));
}
