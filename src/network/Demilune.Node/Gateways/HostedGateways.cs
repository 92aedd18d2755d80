using System.ComponentModel;
using Demilune.Contracts.Nodes;

namespace Demilune.Node.Gateways;

/// <summary>The gateways of routers that are on this node. Single owner, not thread-safe.</summary>
/// <param name="external">The node's interface to the outside; null: it has none, and hosts no gateway.</param>
/// <param name="directory">Where their namespaces have their names, that of the port that each has in its domain: a successor finds them there.</param>
internal sealed class HostedGateways(string? external, string directory)
{
    /// <summary>Of a node that hosts none.</summary>
    public static HostedGateways None => new(null, "");

    private readonly Dictionary<string, (Router Router, Port Port)> _made = new(StringComparer.Ordinal);

    /// <summary>Makes those of the state, and takes away all others.</summary>
    /// <param name="attach">Puts the splice on an interface of a port.</param>
    /// <param name="detach">Forgets a port whose interface is gone.</param>
    /// <returns>Router id → why its gateway is not as it should be: nothing passes there.</returns>
    public IReadOnlyDictionary<string, string> Make(NodeState state, Action<string, string> attach, Action<string> detach)
    {
        Dictionary<string, string> wrong = new(StringComparer.Ordinal);
        HashSet<string> wanted = new(StringComparer.Ordinal);
        foreach (var router in state.Routers)
        {
            if (router.Gateway is not { } gateway) continue;
            wanted.Add(gateway.PortId);
            if (Fault(router, state.Ports.FirstOrDefault(port => port.Id == gateway.PortId), attach) is { } fault) wrong[router.Id] = fault;
        }
        foreach (var gone in Present(directory).Where(path => !wanted.Contains(Path.GetFileName(path))).ToArray())
        {
            GatewayNamespace.Delete(gone);
            detach(Path.GetFileName(gone));
            _made.Remove(Path.GetFileName(gone));
        }
        return wrong;
    }

    /// <summary>Takes all of them away.</summary>
    public static void Uninstall(string directory)
    {
        foreach (var path in Present(directory).ToArray()) GatewayNamespace.Delete(path);
        if (Directory.Exists(directory)) Directory.Delete(directory);
    }

    private string? Fault(Router router, Port? port, Action<string, string> attach)
    {
        if (external is null) return "this node has no --gateway-interface";
        if (port is null) return $"port {router.Gateway.PortId} is not in the state";
        try
        {
            var path = Path.Combine(directory, port.Id);
            if (_made.TryGetValue(port.Id, out var made) && made.Router.Equals(router) && made.Port.Equals(port) && GatewayNamespace.IsWhole(path)) return null;
            _made.Remove(port.Id);
            GatewayNamespace.Make(path, external, router, port, name => attach(port.Id, name));
            _made[port.Id] = (router, port);
            return null;
        }
        catch (Exception error) when (error is IOException or FormatException or Win32Exception)
        {
            return error.Message;
        }
    }

    private static IEnumerable<string> Present(string directory) => Directory.Exists(directory) ? Directory.EnumerateFiles(directory) : [];
}
