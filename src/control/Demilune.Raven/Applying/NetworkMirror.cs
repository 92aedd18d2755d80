using Demilune.Neutron;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>What went wrong with one operation. The others were done.</summary>
internal sealed record Failure(Operation Operation, string Message);

/// <summary>The network as last seen, and the one hand that changes it.</summary>
/// <remarks>
/// What our own requests answer is believed until something fails; then, and from time to time, the network is read anew. So an
/// event costs the requests it needs, not a reading of everything.
/// </remarks>
internal sealed class NetworkMirror(INeutron neutron, string cluster)
{
    public NetworkSnapshot Snapshot { get; private set; } = NetworkSnapshot.Empty;

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

    /// <summary>Ports that another switch should carry and, as far as is known, does not yet.</summary>
    public int Waiting => Snapshot.All<Port>().Count(port => !string.IsNullOrEmpty(port.HostId) && port.VifType is not (null or "" or "demilune" or "unbound") && port.Status != "ACTIVE");

    /// <summary>Does what can be done. One thing that the server refuses does not stop what has nothing to do with it.</summary>
    /// <exception cref="HttpRequestException">Nobody answers: the rest waits for a new reading.</exception>
    public async Task<IReadOnlyList<Failure>> ApplyAsync(IEnumerable<Operation> operations, CancellationToken cancel)
    {
        var failures = new List<Failure>();
        var failed = new HashSet<string>(StringComparer.Ordinal);
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (operation.After.FirstOrDefault(key => failed.Contains(key) || IdOf(key) is null) is { } missing)
            {
                Fail(operation, $"waits for {missing}");
                continue;
            }
            try
            {
                if (!await ApplyAsync(operation, IdOf, made, cancel)) Fail(operation, operation is Delete ? "is still in use" : "refers to something that could not be made");
            }
            catch (NeutronException refusal)
            {
                Fail(operation, refusal.Message);
                if (refusal.IsTransient && operation is Update { Changes: PortChain } broken) await GiveUpAsync(broken.Id, cancel);
            }
        }
        return failures;

        // Of two with one key the planner keeps the first, in the same order.
        string? IdOf(string key) => made.TryGetValue(key, out var id) ? id : Snapshot.Marked<Resource>(Key.Mark(cluster, key)).FirstOrDefault()?.Id;

        void Fail(Operation operation, string message)
        {
            failures.Add(new Failure(operation, message));
            // What failed to be trimmed is still all that it has to be.
            if (operation.Builds) failed.Add(operation.Key);
        }
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

    private async Task<bool> ApplyAsync(Operation operation, Func<string, string?> idOf, Dictionary<string, string> ids, CancellationToken cancel)
    {
        switch (operation)
        {
            case Create create:
                if (References.Resolve(create.Resource, idOf) is not { } resource) return false;
                var made = await CreateAsync(resource, cancel);
                if (made is not (SecurityGroupRule or QosRule)) ids[create.Key] = made.Id;
                return true;
            case Update update:
                if (References.Resolve(update.Changes, idOf) is not { } changes) return false;
                Snapshot = Snapshot.With(await UpdateAsync(update.Id, changes, cancel));
                return true;
            case Delete delete:
                if (IsInUse(delete.Kind, delete.Id)) return false;
                await DeleteAsync(delete, cancel);
                return true;
            case AddAddresses add:
                Snapshot = Snapshot.With(await neutron.AddAddressesAsync(add.Id, add.Addresses, cancel));
                return true;
            case RemoveAddresses remove:
                Snapshot = Snapshot.With(await neutron.RemoveAddressesAsync(remove.Id, remove.Addresses, cancel));
                return true;
            default:
                throw new InvalidOperationException($"{operation} is no operation that can be applied");
        }
    }

    private async Task<Resource> CreateAsync(Resource resource, CancellationToken cancel)
    {
        Resource made = resource switch
        {
            Network network => await neutron.CreateAsync(network, cancel),
            Subnet subnet => await neutron.CreateAsync(subnet, cancel),
            AddressGroup group => await neutron.CreateAsync(group, cancel),
            SecurityGroup group => await CreateBareAsync(group, cancel),
            SecurityGroupRule rule => await neutron.CreateAsync(rule, cancel),
            QosPolicy policy => await neutron.CreateAsync(policy, cancel),
            QosRule rule => await neutron.AddQosRuleAsync(rule.QosPolicyId!, rule, cancel) with { QosPolicyId = rule.QosPolicyId },
            Port port => await neutron.CreateAsync(port, cancel),
            PortPair pair => await neutron.CreateAsync(pair, cancel),
            PortPairGroup group => await neutron.CreateAsync(group, cancel),
            FlowClassifier classifier => await neutron.CreateAsync(classifier, cancel),
            PortChain chain => await neutron.CreateAsync(chain, cancel),
            _ => throw new InvalidOperationException($"{resource.GetType().Name} is not ours to create"),
        };
        made = Numbered(made);
        Snapshot = made switch
        {
            SecurityGroupRule rule => Snapshot.Find<SecurityGroup>(rule.SecurityGroupId ?? "") is { } owner
                ? Snapshot.With(owner with { SecurityGroupRules = [.. owner.SecurityGroupRules ?? [], rule] })
                : Snapshot,
            QosRule rule => Snapshot.Find<QosPolicy>(rule.QosPolicyId!) is { } owner
                ? Snapshot.With(owner with { Rules = [.. owner.Rules ?? [], rule] })
                : Snapshot,
            _ => Snapshot.With(made),
        };
        return made;
    }

    /// <summary>Neutron gives each new group two rules that allow all egress; nobody here asked for them.</summary>
    private async Task<SecurityGroup> CreateBareAsync(SecurityGroup group, CancellationToken cancel)
    {
        var made = await neutron.CreateAsync(group, cancel);
        Snapshot = Snapshot.With(made);
        foreach (var rule in made.SecurityGroupRules ?? []) await neutron.DeleteAsync<SecurityGroupRule>(rule.Id, cancel);
        return made with { SecurityGroupRules = [] };
    }

    private async Task<Resource> UpdateAsync(string id, Resource changes, CancellationToken cancel) => changes switch
    {
        Port port => await neutron.UpdateAsync(id, port, cancel),
        PortPairGroup group => await neutron.UpdateAsync(id, group, cancel),
        PortChain chain => await neutron.UpdateAsync(id, chain, cancel),
        _ => throw new InvalidOperationException($"{changes.GetType().Name} is never updated"),
    };

    private async Task DeleteAsync(Delete delete, CancellationToken cancel)
    {
        // "Gone already" is what was wanted.
        if (delete.Kind == typeof(SecurityGroupRule))
        {
            await neutron.DeleteAsync<SecurityGroupRule>(delete.Id, cancel);
            if (delete.Group is { } group && Snapshot.Find<SecurityGroup>(group) is { } owner)
                Snapshot = Snapshot.With(owner with { SecurityGroupRules = [.. owner.SecurityGroupRules!.Where(rule => rule.Id != delete.Id)] });
            return;
        }
        if (delete.Kind == typeof(QosRule))
        {
            if (Snapshot.Find<QosPolicy>(delete.Group!) is not { } policy || policy.Rules?.FirstOrDefault(rule => rule.Id == delete.Id) is not { } rule) return;
            await neutron.RemoveQosRuleAsync(policy.Id, rule, cancel);
            Snapshot = Snapshot.With(policy with { Rules = [.. policy.Rules.Where(other => other.Id != rule.Id)] });
            return;
        }
        _ = delete.Kind.Name switch
        {
            nameof(Port) => await neutron.DeleteAsync<Port>(delete.Id, cancel),
            nameof(QosPolicy) => await neutron.DeleteAsync<QosPolicy>(delete.Id, cancel),
            nameof(SecurityGroup) => await neutron.DeleteAsync<SecurityGroup>(delete.Id, cancel),
            nameof(AddressGroup) => await neutron.DeleteAsync<AddressGroup>(delete.Id, cancel),
            nameof(PortPair) => await neutron.DeleteAsync<PortPair>(delete.Id, cancel),
            nameof(PortPairGroup) => await neutron.DeleteAsync<PortPairGroup>(delete.Id, cancel),
            nameof(FlowClassifier) => await neutron.DeleteAsync<FlowClassifier>(delete.Id, cancel),
            nameof(PortChain) => await neutron.DeleteAsync<PortChain>(delete.Id, cancel),
            _ => throw new InvalidOperationException($"{delete.Kind.Name} is never deleted"),
        };
        Snapshot = Snapshot.Without(delete.Kind, delete.Id);
    }

    private async Task<NetworkSnapshot> AddAsync<T>(NetworkSnapshot snapshot, CancellationToken cancel, Query? query = null)
        where T : Resource, IResource<T>
    {
        foreach (var resource in await neutron.ListAsync<T>(query, cancel))
            if (Key.FromMark(cluster, resource.Description) is not null) snapshot = snapshot.With(Numbered(resource));
        return snapshot;
    }

    /// <summary>
    /// A cloud's own number of a network may be too large for the nodes' tables, or not ours to see. What nodes need is one that tells this
    /// cluster's networks apart, and there is one.
    /// </summary>
    private static Resource Numbered(Resource resource) =>
        resource is Network { NetworkType: not "demilune" } network ? network with { SegmentationId = 1 } : resource;
}
