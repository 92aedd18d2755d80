using System.Runtime.ExceptionServices;
using Demilune.Neutron;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>What went wrong with one operation. The others were done.</summary>
internal sealed record Failure(Operation Operation, string Message);

/// <summary>What became of a plan.</summary>
/// <param name="Held">What waits for an errand.</param>
internal sealed record Applied(IReadOnlyList<Failure> Failures, IReadOnlyList<Operation> Held);

/// <summary>The network as last seen, and the one hand that changes it.</summary>
/// <remarks>
/// What our own requests answer is believed until something fails; then, and from time to time, the network is read anew. So an
/// event costs the requests it needs, not a reading of everything.
/// </remarks>
/// <param name="errands">Takes what need not be waited for; null: nothing, each step is done when the next begins.</param>
internal sealed class NetworkMirror(INeutron neutron, string cluster, Errands? errands = null)
{
    private readonly Requests _requests = new(neutron);

    /// <summary>Ports whose deletion is under way, by id.</summary>
    private readonly Dictionary<string, Port> _leaving = new(StringComparer.Ordinal);

    public NetworkSnapshot Snapshot { get; private set; } = NetworkSnapshot.Empty;

    /// <summary>How many ports are about to go.</summary>
    public int Leaving => _leaving.Count;

    /// <summary>Reads whatever is ours.</summary>
    public async Task ReadAsync(Capabilities capabilities, CancellationToken cancel)
    {
        var snapshot = NetworkSnapshot.Empty;
        snapshot = await AddAsync<Network>(snapshot, cancel);
        // Of what may be many, only those on our own networks: others' ports may be a hundred times as many as ours.
        foreach (var network in snapshot.All<Network>().ToList())
        {
            snapshot = await AddAsync<Subnet>(snapshot, cancel, Query.Where("network_id", network.Id));
            snapshot = await AddAsync<Port>(snapshot, cancel, Query.Where("network_id", network.Id));
        }
        snapshot = await AddAsync<SecurityGroup>(snapshot, cancel);
        if (capabilities.AddressGroups || capabilities.ClassifierAddressGroup) snapshot = await AddAsync<AddressGroup>(snapshot, cancel);
        if (capabilities.Qos) snapshot = await AddAsync<QosPolicy>(snapshot, cancel);
        if (capabilities.ServiceChaining)
        {
            snapshot = await AddAsync<PortPair>(snapshot, cancel);
            snapshot = await AddAsync<PortPairGroup>(snapshot, cancel);
            snapshot = await AddAsync<FlowClassifier>(snapshot, cancel);
            snapshot = await AddAsync<PortChain>(snapshot, cancel);
        }
        Snapshot = snapshot;
    }

    /// <summary>Looks again at the ports whose switch has not said yet that it carries them: one request, however many they are.</summary>
    /// <returns>How many it still carries not.</returns>
    public async Task<int> ReadStatusAsync(CancellationToken cancel)
    {
        if (Snapshot.All<Network>().FirstOrDefault() is not { } network) return 0;
        foreach (var port in await neutron.ListAsync<Port>(Query.Where("network_id", network.Id).And("status", "ACTIVE") with { Fields = ["status", "binding:vif_type", "binding:vif_details"] }, cancel))
            if (Snapshot.Find<Port>(port.Id) is { } known)
                Snapshot = Snapshot.With(known with { Status = port.Status, VifType = port.VifType ?? known.VifType, VifDetails = port.VifDetails ?? known.VifDetails });
        return Waiting;
    }

    /// <summary>Ports that another switch should carry and, as far as is known, does not yet. A spare is carried by none.</summary>
    public int Waiting => Snapshot.All<Port>().Count(port => port.DeviceOwner != DeviceOwners.Spare && !string.IsNullOrEmpty(port.HostId) && port.VifType is not (null or "" or "demilune" or "unbound") && port.Status != "ACTIVE");

    /// <summary>Does what can be done. One thing that the server refuses does not stop what has nothing to do with it.</summary>
    /// <exception cref="HttpRequestException">Nobody answers: the rest waits for a new reading.</exception>
    public async Task<Applied> ApplyAsync(IEnumerable<Operation> plan, CancellationToken cancel)
    {
        var (failures, held) = (new List<Failure>(), new List<Operation>());
        var (failed, late) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var batch in Batches.Of(plan))
        {
            var ready = batch.Select(Ready).OfType<Operation>().ToList();
            if (ready.Count == 0) continue;
            if (errands is not null && ready[0] is Create { Resource: Port } or Delete { Kind.Name: nameof(Port) })
            {
                Leave(errands, ready, cancel);
                continue;
            }
            foreach (var done in await _requests.DoAsync(ready, cancel))
            {
                Note(done);
                if (done is { Operation: Create create, Now: not (null or SecurityGroupRule or QosRule) }) made[create.Key] = done.Now.Id;
                if (done.Refusal is not { } refusal) continue;
                Fail(done.Operation, refusal.Message);
                if (refusal.IsTransient && done.Operation is Update { Changes: PortChain } broken) await GiveUpAsync(broken.Id, cancel);
            }
        }
        return new(failures, held);

        // With ids in the place of references; null: not now.
        Operation? Ready(Operation operation)
        {
            if (operation.After.FirstOrDefault(key => failed.Contains(key) || IdOf(key) is null) is { } missing)
                return IsLate(missing) ? Hold(operation) : Fail(operation, $"waits for {missing}");
            if (operation is Delete delete && IsNeeded(delete)) return held.Count > 0 || IsLeft(delete) ? Hold(operation) : Fail(operation, "is still in use");
            var waits = false;
            var resolved = operation switch
            {
                Create create => References.Resolve(create.Resource, Find) is { } resource ? create with { Resource = resource } : null,
                Update update => References.Resolve(update.Changes, Find) is { } changes ? update with { Changes = changes } : null,
                _ => operation,
            };
            if (waits) return Hold(operation);
            return resolved ?? Fail(operation, "refers to something that could not be made");

            string? Find(string key)
            {
                var found = IdOf(key);
                waits |= found is null && IsLate(key);
                return found;
            }
        }

        // What is held may have to let go of it first.
        bool IsNeeded(Delete delete) => IsInUse(delete.Kind, delete.Id) || IsLeft(delete)
            || (held.Count > 0 && delete.Kind != typeof(Port) && delete.Kind != typeof(SecurityGroupRule) && delete.Kind != typeof(QosRule));

        // Of two with one key the planner keeps the first, in the same order.
        string? IdOf(string key) => made.TryGetValue(key, out var id) ? id : Snapshot.Marked<Resource>(Key.Mark(cluster, key)).FirstOrDefault()?.Id;

        bool IsLate(string key) => late.Contains(key) || errands?.Has(key) is true;

        Operation? Hold(Operation operation)
        {
            held.Add(operation);
            late.Add(operation.Key);
            return null;
        }

        Operation? Fail(Operation operation, string message)
        {
            failures.Add(new Failure(operation, message));
            // What failed to be trimmed is still all that it has to be.
            if (operation.Builds) failed.Add(operation.Key);
            return null;
        }
    }

    /// <summary>Takes in what errands brought.</summary>
    /// <returns>Keys of what is otherwise now.</returns>
    /// <exception cref="HttpRequestException">One was lost: the network is to be read.</exception>
    public IReadOnlySet<string> TakeIn(ICollection<Failure> failures)
    {
        var touched = new HashSet<string>(StringComparer.Ordinal);
        Exception? lost = null;
        foreach (var outcome in errands?.Take() ?? [])
        {
            touched.UnionWith(outcome.Operations.Select(operation => operation.Subject));
            foreach (var delete in outcome.Operations.OfType<Delete>()) _leaving.Remove(delete.Id);
            foreach (var done in outcome.Done ?? [])
            {
                if (done.Now is not Port made || IsNews(made)) Note(done);
                if (done.Refusal is { } refusal) failures.Add(new(done.Operation, refusal.Message));
            }
            lost ??= outcome.Lost;
        }
        if (lost is not null) ExceptionDispatchInfo.Throw(lost);
        return touched;
    }

    /// <summary>
    /// A port may have been read before its maker came back. Then it may have been handed out since, which we know better; else the answer does, for it
    /// was read while Neutron was still binding it.
    /// </summary>
    private bool IsNews(Port made) => Snapshot.Find<Port>(made.Id) is not { } known || (known.Description == made.Description && known.Status != "ACTIVE");

    private void Leave(Errands errands, List<Operation> batch, CancellationToken cancel)
    {
        foreach (var delete in batch.OfType<Delete>())
        {
            // Nobody is to get it any more.
            if (Snapshot.Find<Port>(delete.Id) is { } port) _leaving[port.Id] = port;
            Snapshot = Snapshot.Without(typeof(Port), delete.Id);
        }
        errands.Begin(batch, some => _requests.DoAsync(some, cancel));
    }

    /// <summary>
    /// networking-sfc keeps what a failed change of a chain asked for although its switches never heard of it. Nothing but a new chain mends that;
    /// until there is one, what it should carry is closed.
    /// </summary>
    private async Task GiveUpAsync(string chain, CancellationToken cancel)
    {
        try
        {
            await neutron.DeleteAsync<PortChain>(chain, cancel);
        }
        catch (NeutronException)
        {
            // The next reading finds the chain as it is, and the next plan changes it again.
        }
    }

    /// <summary>
    /// True if something of ours still needs it. networking-sfc answers an attempt to delete a port pair in use with a refusal, and destroys what its
    /// driver knew of it; Neutron answers that of a port in use with a failure. Neither is to be tried.
    /// </summary>
    private bool IsInUse(Type kind, string id) =>
        kind == typeof(PortPair) ? Snapshot.All<PortPairGroup>().Any(group => group.PortPairs?.Contains(id) is true)
        : kind == typeof(Port) && (Snapshot.All<PortPair>().Any(pair => pair.Ingress == id || pair.Egress == id)
            || Snapshot.All<FlowClassifier>().Any(flow => flow.LogicalSourcePort == id || flow.LogicalDestinationPort == id));

    /// <summary>A port that is about to go still has it: it can go after that.</summary>
    private bool IsLeft(Delete delete) =>
        (delete.Kind == typeof(SecurityGroup) || delete.Kind == typeof(QosPolicy))
        && _leaving.Values.Any(port => port.QosPolicyId == delete.Id || port.SecurityGroups?.Contains(delete.Id) is true);

    private void Note(Done done)
    {
        switch (done)
        {
            case { Now: SecurityGroupRule rule }:
                if (Snapshot.Find<SecurityGroup>(rule.SecurityGroupId ?? "") is { } group)
                    Snapshot = Snapshot.With(group with { SecurityGroupRules = [.. group.SecurityGroupRules ?? [], rule] });
                break;
            case { Now: QosRule rule }:
                if (Snapshot.Find<QosPolicy>(rule.QosPolicyId!) is { } policy) Snapshot = Snapshot.With(policy with { Rules = [.. policy.Rules ?? [], rule] });
                break;
            case { Now: { } now }:
                Snapshot = Snapshot.With(Numbered(now));
                break;
            case { Refusal: null, Operation: Delete delete }:
                Forget(delete);
                break;
            default:
                break;
        }
    }

    private void Forget(Delete delete)
    {
        if (delete.Kind == typeof(SecurityGroupRule))
        {
            if (delete.Group is { } id && Snapshot.Find<SecurityGroup>(id) is { } group)
                Snapshot = Snapshot.With(group with { SecurityGroupRules = [.. group.SecurityGroupRules!.Where(rule => rule.Id != delete.Id)] });
            return;
        }
        if (delete.Kind == typeof(QosRule))
        {
            if (Snapshot.Find<QosPolicy>(delete.Group!) is { } policy) Snapshot = Snapshot.With(policy with { Rules = [.. policy.Rules!.Where(rule => rule.Id != delete.Id)] });
            return;
        }
        Snapshot = Snapshot.Without(delete.Kind, delete.Id);
    }

    private async Task<NetworkSnapshot> AddAsync<T>(NetworkSnapshot snapshot, CancellationToken cancel, Query? query = null)
        where T : Resource, IResource<T>
    {
        foreach (var resource in await neutron.ListAsync<T>(query, cancel))
            if (Key.FromMark(cluster, resource.Description) is not null && !_leaving.ContainsKey(resource.Id)) snapshot = snapshot.With(Numbered(resource));
        return snapshot;
    }

    /// <summary>
    /// A cloud's own number of a network may be too large for the nodes' tables, or not ours to see. What nodes need is one that tells this
    /// cluster's networks apart, and there is one.
    /// </summary>
    private static Resource Numbered(Resource resource) =>
        resource is Network { NetworkType: not "demilune" } network ? network with { SegmentationId = 1 } : resource;
}
