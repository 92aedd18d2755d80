using Demilune.Neutron;

namespace Demilune.Bench.Policies;

/// <summary>A network that takes everything at once and checks nothing: what is measured is who asks it.</summary>
internal sealed class MemoryNeutron : INeutron
{
    private readonly Dictionary<string, Resource> _resources = [];
    private int _ids, _addresses = 2;

    public int Requests { get; private set; }

    public Task<Capabilities> DiscoverAsync(CancellationToken ct) => Task.FromResult(new Capabilities([
        "security-group", "address-group", "security-groups-remote-address-group", "sfc", "flow_classifier",
        "demilune-classifier-policy", "demilune-classifier-address-group", "demilune-security-group-rule-tier"]));

    public Task<IReadOnlyList<T>> ListAsync<T>(Query? query, CancellationToken ct) where T : Resource, IResource<T> => Task.FromResult<IReadOnlyList<T>>([]);

    public Task<T?> FindAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T> => Task.FromResult(_resources.GetValueOrDefault(id) as T);

    public Task<T> CreateAsync<T>(T resource, CancellationToken ct) where T : Resource, IResource<T>
    {
        Resource made = resource with { Id = $"{++_ids:x8}" };
        if (made is Port port)
        {
            var number = ++_addresses;
            made = port with { FixedIps = [new FixedIp { IpAddress = $"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" }, new FixedIp { IpAddress = $"fd00:244::{number:x}" }] };
        }
        return Kept((T)made);
    }

    public Task<T> UpdateAsync<T>(string id, T changes, CancellationToken ct, long? ifRevision = null) where T : Resource, IResource<T> => Kept((T)(Resource)((_resources[id], (Resource)changes) switch
    {
        (Port port, Port change) => port with { SecurityGroups = change.SecurityGroups ?? port.SecurityGroups, HostId = change.HostId ?? port.HostId },
        (PortPairGroup group, PortPairGroup change) => group with { PortPairs = change.PortPairs },
        (PortChain chain, PortChain change) => chain with { FlowClassifiers = change.FlowClassifiers },
        var (_, change) => throw new NotSupportedException($"nobody updates a {change.GetType().Name}"),
    }));

    public Task<bool> DeleteAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>
    {
        Requests++;
        return Task.FromResult(_resources.Remove(id));
    }

    public Task<AddressGroup> AddAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) =>
        Kept(Group(id) with { Addresses = [.. Group(id).Addresses ?? [], .. addresses] });

    public Task<AddressGroup> RemoveAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) =>
        Kept(Group(id) with { Addresses = [.. (Group(id).Addresses ?? []).Except(addresses)] });

    public async Task<IReadOnlyList<T>> CreateAsync<T>(IReadOnlyList<T> resources, CancellationToken ct) where T : Resource, IResource<T>
    {
        var (before, made) = (Requests, new List<T>(resources.Count));
        foreach (var resource in resources) made.Add(await CreateAsync(resource, ct));
        Requests = before + 1;
        return made;
    }

    public Task SetTagsAsync<T>(string id, IReadOnlyList<string> tags, CancellationToken ct) where T : StandardResource, IResource<T> => throw new NotSupportedException();

    public Task<QosRule> AddQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => throw new NotSupportedException();

    public Task<QosRule> ChangeQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => throw new NotSupportedException();

    public Task<bool> RemoveQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => throw new NotSupportedException();

    private AddressGroup Group(string id) => (AddressGroup)_resources[id];

    private Task<T> Kept<T>(T resource) where T : Resource
    {
        Requests++;
        _resources[resource.Id] = resource;
        return Task.FromResult(resource);
    }
}
