using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;

namespace Demilune.Node.Attachments;

/// <summary>
/// A firewall's interfaces in another switch, which have to outlive their pod: as long as a chain names them. networking-sfc's agent writes "from
/// anywhere" for a hop that has vanished, and what should pass the firewall passes everything, security groups too. While the interface
/// is there and nobody behind it, the chain leads nowhere, which is what a dead firewall is to do.
/// </summary>
/// <remarks>Single owner: <see cref="Agent"/>, under its gate.</remarks>
internal sealed class Hops(IDatapath datapath, AttachmentStore store, TimeProvider time) : IDisposable
{
    /// <summary>Container id of what only waits for its end; no runtime's looks like this.</summary>
    private const string Abandoned = "(hop)";

    /// <summary>From when Neutron has no such port any more until the switch's agent has surely taken it out of its flows.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, IDisposable?> _namespaces = [];
    private readonly Dictionary<string, long> _goneSince = [];

    public static bool IsHop(AttachedInterface made) => made.Switch is not null && (Port.Types.Kind)made.Kind != Port.Types.Kind.Pod;

    /// <summary>True of an attachment that only waits for its end.</summary>
    public static bool IsAbandoned(Attachment attachment) => attachment.ContainerId == Abandoned;

    /// <summary>The runtime may delete the namespace at any time: the interface stays.</summary>
    public void Keep(Attachment attachment, AttachedInterface made)
    {
        if (_namespaces.Remove(made.PortId, out var before)) before?.Dispose();
        _namespaces[made.PortId] = datapath.Hold(attachment.Netns);
        _goneSince.Remove(made.PortId);
        if (store.Find(Abandoned, made.PortId) is { } former) store.Delete(former);
    }

    /// <summary>Its pod is gone.</summary>
    public void Abandon(Attachment attachment, AttachedInterface made) => store.Save(attachment with { ContainerId = Abandoned, IfName = made.PortId, Network = Abandoned, Interfaces = [made] });

    /// <summary>Removes those that nobody names any more.</summary>
    public void Sweep(NodeState state)
    {
        foreach (var attachment in store.All.Where(IsAbandoned).ToArray())
        {
            var made = attachment.Interfaces[0];
            if (state.Ports.Any(port => port.Id == made.PortId))
            {
                _goneSince.Remove(made.PortId);
                continue;
            }
            if (!_goneSince.TryGetValue(made.PortId, out var since)) _goneSince[made.PortId] = time.GetTimestamp();
            else if (time.GetElapsedTime(since) >= Rest) Remove(attachment, made);
        }
    }

    public void Dispose()
    {
        foreach (var kept in _namespaces.Values) kept?.Dispose();
    }

    private void Remove(Attachment attachment, AttachedInterface made)
    {
        datapath.Remove(made.PortId, made.HostName, switched: true);
        store.Delete(attachment);
        _goneSince.Remove(made.PortId);
        if (_namespaces.Remove(made.PortId, out var kept)) kept?.Dispose();
    }
}
