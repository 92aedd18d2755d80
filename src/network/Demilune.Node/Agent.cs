using System.Collections.Immutable;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.Datapath;
using Demilune.Node.Names;
using Demilune.Node.Observation;
using Microsoft.Extensions.Logging;

namespace Demilune.Node;

/// <summary>
/// The one owner of the datapath, the attachments and the desired state. Everything that changes the kernel passes
/// through its gate; nobody waits for the network while holding it.
/// </summary>
internal sealed class Agent : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IDatapath _datapath;
    private readonly AttachmentStore _attachments;
    private readonly Hops _hops;
    private readonly ILogger _log;
    private TaskCompletionSource _changed = NewSignal();
    private NodeState _state = new();
    private ApplyOutcome _outcome = ApplyOutcome.Clean;
    private ulong _appliedRevision;
    private JudgeNames _names = new(new());
    private ImmutableHashSet<string> _hurrying = [];

    /// <summary>By port: the limits in force. A port that is not here may have some from before this agent.</summary>
    private readonly Dictionary<string, (Bandwidth? Ingress, Bandwidth? Egress)> _limits = [];

    public Agent(IDatapath datapath, AttachmentStore attachments, NodeState? last, ILogger log, TimeProvider? time = null)
    {
        (_datapath, _attachments, _log) = (datapath, attachments, log);
        _hops = new Hops(datapath, attachments, time ?? TimeProvider.System);
        lock (_gate)
        {
            foreach (var attachment in attachments.All.ToArray()) Readopt(attachment);
            if (last is null) return;
            (_state, HasState) = (last, true);
            ApplyUnderGate();
        }
    }

    /// <summary>False until a state came from the controller or from before the restart.</summary>
    public bool HasState { get; private set; }

    /// <summary>The newest desired state.</summary>
    public NodeState State { get { lock (_gate) return _state; } }

    /// <summary>Completes when a newer state than the present one has been applied.</summary>
    public Task Changed { get { lock (_gate) return _changed.Task; } }

    /// <summary>Makes the kernel equal to <paramref name="state"/>, whatever came before. Of a state that was here before, what is the same should be the same objects.</summary>
    public void Receive(NodeState state)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            (_state, HasState) = (state, true);
            ApplyUnderGate();
            (signal, _changed) = (_changed, NewSignal());
        }

        signal.SetResult();
    }

    /// <summary>Which engines can keep a short deadline has changed: the kernel is told.</summary>
    /// <param name="hurrying">Pod UIDs of those firewalls.</param>
    public void ReceivePace(ImmutableHashSet<string> hurrying)
    {
        lock (_gate)
        {
            if (_hurrying.SetEquals(hurrying)) return;
            _hurrying = hurrying;
            if (HasState) ApplyUnderGate();
        }
    }

    /// <summary>With a new pod other policies have come to judge together than before: <see cref="State"/> says which.</summary>
    public event Action? CombinationsChanged;

    /// <summary>Creates the interfaces of an attachment and returns when its policy is in the kernel.</summary>
    /// <exception cref="IOException">An interface could not be made; what had been made is gone again.</exception>
    public void Attach(Attachment attachment)
    {
        bool isChanged;
        lock (_gate)
        {
            var before = _state;
            try
            {
                foreach (var made in attachment.Interfaces)
                {
                    _datapath.CreateInterface(Plan(attachment, made));
                    // What a switch carries is the switch's to limit.
                    if (made.Switch is not null) continue;
                    _datapath.Attach(made.PortId, (Port.Types.Kind)made.Kind, made.HostName);
                    _limits.TryAdd(made.PortId, default);
                }

                _attachments.Save(attachment);
                foreach (var made in attachment.Interfaces.Where(Hops.IsHop)) _hops.Keep(attachment, made);
                ApplyUnderGate();
                foreach (var made in attachment.Interfaces)
                    if (_outcome.PortErrors.TryGetValue(made.PortId, out var reason))
                        throw new IOException($"port {made.PortId} ({made.Name}): {reason}");
            }
            catch
            {
                DetachUnderGate(attachment);
                throw;
            }

            isChanged = !ReferenceEquals(before, _state);
        }

        if (isChanged) CombinationsChanged?.Invoke();
    }

    public Attachment? Find(string containerId, string ifName)
    {
        lock (_gate) return _attachments.Find(containerId, ifName);
    }

    public IReadOnlyList<Attachment> Attachments() { lock (_gate) return [.. _attachments.All]; }

    public void Detach(Attachment attachment)
    {
        lock (_gate) DetachUnderGate(attachment);
    }

    /// <returns>Null if every interface is as ADD made it and enforced; else what is wrong.</returns>
    public string? Check(Attachment attachment)
    {
        lock (_gate)
        {
            foreach (var made in attachment.Interfaces)
            {
                if (_datapath.Check(Plan(attachment, made)) is { } wrong) return wrong;
                if (_outcome.PortErrors.TryGetValue(made.PortId, out var reason)) return reason;
            }

            return null;
        }
    }

    /// <summary>What is so now, for the controller: of ports and counters; liveness and links are added by the observer.</summary>
    public (NodeObservation Observation, IReadOnlyList<FirewallReading> Firewalls) Observe()
    {
        lock (_gate)
        {
            if (HasState) SweepUnderGate();
            SettleUnderGate();
            var observation = new NodeObservation { AppliedRevision = _appliedRevision, Traffic = _datapath.ReadTraffic() };
            var attached = _attachments.All.SelectMany(a => a.Interfaces).Select(i => i.PortId).ToHashSet();
            attached.UnionWith(_state.Routers.Where(router => router.Gateway is not null).Select(router => router.Gateway.PortId));
            var unmade = _state.Routers.Where(router => router.Gateway is not null && _outcome.GatewayErrors.ContainsKey(router.Id))
                .ToDictionary(router => router.Gateway.PortId, router => _outcome.GatewayErrors[router.Id]);
            foreach (var port in _state.Ports)
            {
                var reason = _outcome.PortErrors.GetValueOrDefault(port.Id) ?? unmade.GetValueOrDefault(port.Id)
                    ?? (!attached.Contains(port.Id) ? "no container is attached to it"
                        : port.Binding is { Active: false } ? "its switch does not carry it yet: Neutron says DOWN" : "");
                observation.Ports.Add(new PortObservation { PortId = port.Id, Active = reason.Length == 0, Reason = reason });
            }

            observation.Routers.AddRange(_state.Routers.Select(Observe));
            return (observation, _datapath.ReadFirewalls());
        }
    }

    /// <inheritdoc cref="IDatapath.OpenListener"/>
    public string? OpenListener() { lock (_gate) return _datapath.OpenListener(); }

    /// <inheritdoc cref="IDatapath.Listen"/>
    public void Listen(TimeSpan duration) => _datapath.Listen(duration);

    /// <inheritdoc cref="IDatapath.Learn"/>
    public int Learn(int interfaceIndex, NameAnswer answer) { lock (_gate) return _datapath.Learn(interfaceIndex, answer); }

    /// <inheritdoc cref="IDatapath.ForgetExpired"/>
    public void ForgetExpiredNames() { lock (_gate) _datapath.ForgetExpired(); }

    /// <summary>Only the liveness of firewalls: read often.</summary>
    public IReadOnlyList<FirewallReading> ReadFirewalls() { lock (_gate) return _datapath.ReadFirewalls(); }

    public FlowEvents DrainEvents(int max)
    {
        lock (_gate)
        {
            var events = _datapath.DrainEvents(max);
            foreach (var told in events.Events) _names.AddTo(told);
            return events;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _hops.Dispose();
            _datapath.Dispose();
        }
    }

    /// <summary>A domain is in the tables with everything else; what is elsewhere is reached by tunnels alone, the outside by the gateway.</summary>
    private RouterObservation Observe(Router router)
    {
        var reason = _outcome.TunnelError ?? _outcome.GatewayErrors.GetValueOrDefault(router.Id)
            ?? (router.Gateway is { } gateway ? _outcome.PortErrors.GetValueOrDefault(gateway.PortId) : null) ?? "";
        return new()
        {
            RouterId = router.Id, Active = reason.Length == 0, Reason = reason,
            Floating = { reason.Length == 0 && router.Gateway is not null ? router.Gateway.Floating.Select(one => one.Id) : [] },
        };
    }

    private static InterfacePlan Plan(Attachment attachment, AttachedInterface made) => new(
        made.PortId, (Port.Types.Kind)made.Kind, attachment.Netns, made.Name, made.HostName, made.Mac, made.Addresses, made.Mtu, made.Switch)
    {
        IsApart = made.IsApart,
    };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Readopt(Attachment attachment)
    {
        if (attachment.Interfaces.All(made => _datapath.Exists(made.HostName)))
        {
            foreach (var made in attachment.Interfaces)
                if (made.Switch is null) _datapath.Attach(made.PortId, (Port.Types.Kind)made.Kind, made.HostName);
                else if (Hops.IsHop(made) && !Hops.IsAbandoned(attachment)) _hops.Keep(attachment, made);
            return;
        }

        _log.AttachmentGone(attachment.ContainerId, attachment.IfName);
        DetachUnderGate(attachment);
    }

    /// <summary>A switch that cannot be reached now is tried again at the next look.</summary>
    private void SweepUnderGate()
    {
        try
        {
            _hops.Sweep(_state);
        }
        catch (IOException failure)
        {
            _log.HopNotRemoved(failure.Message);
        }
    }

    /// <summary>What is left in the tables harms nobody; the next state tries again.</summary>
    private void SettleUnderGate()
    {
        try
        {
            _datapath.Settle();
        }
        catch (IOException failure)
        {
            _log.NotSettled(failure.Message);
        }
    }

    private void DetachUnderGate(Attachment attachment)
    {
        // A pod's sandbox may be replaced under the same UID, and then ADD of the new one comes before DEL of the old one:
        // the interface is the newer attachment's by now.
        var others = _attachments.All.Where(a => a.Key != attachment.Key).SelectMany(a => a.Interfaces).Select(i => i.HostName).ToHashSet();
        foreach (var made in attachment.Interfaces.Where(made => !others.Contains(made.HostName)))
        {
            if (Hops.IsHop(made) && !Hops.IsAbandoned(attachment) && _datapath.Exists(made.HostName)) _hops.Abandon(attachment, made);
            else _datapath.Remove(made.PortId, made.HostName, made.Switch is not null);
            _limits.Remove(made.PortId);
        }
        _attachments.Delete(attachment);
    }

    private void ApplyUnderGate()
    {
        _outcome = _datapath.Apply(_state, _hurrying);
        _appliedRevision = _state.Revision;
        // Kept with the state: what the firewalls are told of it, and what a successor goes on with.
        if (!_state.Combinations.SequenceEqual(_outcome.Combinations))
        {
            _state = NodeChanges.With(_state, _outcome.Combinations);
        }
        _names = new(_state);
        if (_outcome.HasTooManyCombinations) _log.TooManyCombinations(CombinationTags.Last - CombinationTags.First + 1);
        foreach (var (port, reason) in _outcome.PortErrors) _log.PortNotEnforced(port, reason);
        if (_outcome.TunnelError is { } closed) _log.NoTunnels(closed);
        foreach (var (router, reason) in _outcome.GatewayErrors) _log.NoGateway(router, reason);
        ApplyLimits();
    }

    private void ApplyLimits()
    {
        var ports = _state.Ports.Where(port => port.Kind == Port.Types.Kind.Pod).DistinctBy(port => port.Id).ToDictionary(port => port.Id);
        foreach (var attachment in _attachments.All)
            foreach (var made in attachment.Interfaces)
            {
                if (!ports.TryGetValue(made.PortId, out var port)) continue;
                var wanted = (port.IngressLimit, port.EgressLimit);
                if (_limits.TryGetValue(made.PortId, out var present) && present.Equals(wanted)) continue;
                try
                {
                    _datapath.Limit(Plan(attachment, made), port.IngressLimit, port.EgressLimit);
                    _limits[made.PortId] = wanted;
                }
                catch (IOException error)
                {
                    // Policy holds without: a pod that is too fast is better than none.
                    _log.LimitNotSet(made.PortId, error.Message);
                }
            }
    }
}
