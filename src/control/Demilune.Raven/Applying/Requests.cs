using Demilune.Neutron;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>What became of one operation.</summary>
/// <param name="Now">The thing as it is since; null: it is gone, or nothing happened.</param>
/// <param name="Refusal">Null: it was done.</param>
internal sealed record Done(Operation Operation, Resource? Now, NeutronException? Refusal);

/// <summary>Operations → requests: as few as the API allows, and as many at once as a server stands. Knows nothing of what is there.</summary>
internal sealed class Requests(INeutron neutron)
{
    /// <summary>Under way at once; half of what Neutron's own clients allow themselves.</summary>
    public const int MaxTogether = 16;

    /// <summary>In one request. A rule is some 200 bytes and a millisecond of the server's.</summary>
    private const int MaxBulk = 100;

    /// <param name="batch">None waits for another, and all are of one kind; see <see cref="Batches"/>.</param>
    /// <exception cref="HttpRequestException">Nobody answers: what was done is to be read.</exception>
    public async Task<IReadOnlyList<Done>> DoAsync(IReadOnlyList<Operation> batch, CancellationToken cancel)
    {
        if (batch is not [Create first, ..]) return await TogetherAsync(batch, async operation => [await DoAsync(operation, cancel)]);
        var done = new List<Done>();
        foreach (var chunk in batch.Cast<Create>().Chunk(MaxBulk))
            done.AddRange(first.Resource switch
            {
                Port => await CreateAsync<Port>(chunk, cancel),
                SecurityGroup => await GroupsAsync(chunk, cancel),
                SecurityGroupRule => await RulesAsync(chunk, cancel),
                _ => await TogetherAsync(chunk, async create => [await DoAsync(create, cancel)]),
            });
        return done;
    }

    /// <summary>Neutron takes rules of one group in one request (else 400 SecurityGroupNotSingleGroupRules).</summary>
    private Task<IReadOnlyList<Done>> RulesAsync(IReadOnlyList<Create> creates, CancellationToken cancel) =>
        TogetherAsync([.. creates.GroupBy(create => ((SecurityGroupRule)create.Resource).SecurityGroupId)], group => CreateAsync<SecurityGroupRule>([.. group], cancel));

    /// <summary>One request for all of them; if that is refused, one for each, which tells whose fault it is.</summary>
    private async Task<IReadOnlyList<Done>> CreateAsync<T>(IReadOnlyList<Create> creates, CancellationToken cancel)
        where T : Resource, IResource<T>
    {
        if (creates.Count == 1) return [await DoAsync(creates[0], cancel)];
        try
        {
            var made = await neutron.CreateAsync([.. creates.Select(create => (T)create.Resource)], cancel);
            return [.. creates.Zip(made, (create, one) => new Done(create, one, null))];
        }
        catch (NeutronException refusal) when (refusal.IsTransient)
        {
            return [.. creates.Select(create => new Done(create, null, refusal))];
        }
        catch (NeutronException)
        {
            return await TogetherAsync(creates, async create => [await DoAsync(create, cancel)]);
        }
    }

    /// <summary>Neutron gives each new group two rules that allow all egress; nobody here asked for them.</summary>
    private async Task<IReadOnlyList<Done>> GroupsAsync(IReadOnlyList<Create> creates, CancellationToken cancel)
    {
        var made = await CreateAsync<SecurityGroup>(creates, cancel);
        return await TogetherAsync(made, async one =>
        {
            if (one.Now is not SecurityGroup group) return [one];
            var rules = (group.SecurityGroupRules ?? []).ToList();
            try
            {
                foreach (var rule in rules.ToList())
                {
                    await neutron.DeleteAsync<SecurityGroupRule>(rule.Id, cancel);
                    rules.Remove(rule);
                }
                return [one with { Now = group with { SecurityGroupRules = [] } }];
            }
            catch (NeutronException refusal)
            {
                return [one with { Now = group with { SecurityGroupRules = rules }, Refusal = refusal }];
            }
        });
    }

    private async Task<Done> DoAsync(Operation operation, CancellationToken cancel)
    {
        try
        {
            return new(operation, operation switch
            {
                Create create => await CreateAsync(create.Resource, cancel),
                Update update => await UpdateAsync(update.Id, update.Changes, cancel),
                Delete delete => await DeleteAsync(delete, cancel),
                AddAddresses add => await neutron.AddAddressesAsync(add.Id, add.Addresses, cancel),
                RemoveAddresses remove => await neutron.RemoveAddressesAsync(remove.Id, remove.Addresses, cancel),
                _ => throw new InvalidOperationException($"{operation} is no operation that can be applied"),
            }, null);
        }
        catch (NeutronException refusal)
        {
            return new(operation, null, refusal);
        }
    }

    private async Task<Resource> CreateAsync(Resource resource, CancellationToken cancel) => resource switch
    {
        Network network => await neutron.CreateAsync(network, cancel),
        Subnet subnet => await neutron.CreateAsync(subnet, cancel),
        AddressGroup group => await neutron.CreateAsync(group, cancel),
        SecurityGroup group => await neutron.CreateAsync(group, cancel),
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

    private async Task<Resource> UpdateAsync(string id, Resource changes, CancellationToken cancel) => changes switch
    {
        Port port => await neutron.UpdateAsync(id, port, cancel),
        PortPairGroup group => await neutron.UpdateAsync(id, group, cancel),
        PortChain chain => await neutron.UpdateAsync(id, chain, cancel),
        _ => throw new InvalidOperationException($"{changes.GetType().Name} is never updated"),
    };

    private async Task<Resource?> DeleteAsync(Delete delete, CancellationToken cancel)
    {
        // "Gone already" is what was wanted.
        _ = delete.Kind.Name switch
        {
            nameof(SecurityGroupRule) => await neutron.DeleteAsync<SecurityGroupRule>(delete.Id, cancel),
            nameof(QosRule) => await neutron.RemoveQosRuleAsync(delete.Group!, new QosRule { Id = delete.Id, Type = delete.RuleType! }, cancel),
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
        return null;
    }

    /// <summary>Some at a time; once one is lost, no further one is begun.</summary>
    private static async Task<IReadOnlyList<Done>> TogetherAsync<T>(IReadOnlyList<T> all, Func<T, Task<IReadOnlyList<Done>>> request)
    {
        var done = new List<Done>(all.Count);
        foreach (var some in all.Chunk(MaxTogether))
        {
            var requests = new List<Task<IReadOnlyList<Done>>>();
            foreach (var one in some)
            {
                requests.Add(request(one));
                if (requests[^1].IsFaulted) break;
            }
            done.AddRange((await Task.WhenAll(requests)).SelectMany(some => some));
        }
        return done;
    }
}
