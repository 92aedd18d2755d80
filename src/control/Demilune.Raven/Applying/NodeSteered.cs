using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Demilune.Neutron;

namespace Demilune.Raven.Applying;

/// <summary>
/// A Neutron of somebody else's, where the nodes carry the pods and steer their traffic: it gives the addresses and keeps the security groups; which
/// node a port is on, and what is steered through which firewall, is between us and the nodes, and known only here.
/// </summary>
/// <remarks>
/// So it does with any Neutron, whatever its backend and with whatever rights, and nothing of ours gets into its flows. Nothing that is kept here is
/// lost with us: it follows from Kubernetes, and is worked out anew before the nodes hear of it. Ids follow from the keys, so that it comes
/// out the same.
/// </remarks>
public sealed class NodeSteered(INeutron cloud) : INeutron
{
    private const string Active = "ACTIVE";

    private readonly ConcurrentDictionary<string, Resource> _own = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _hosts = new(StringComparer.Ordinal);

    /// <summary>Ports of theirs as last seen: where only the node is another, they have nothing to be told.</summary>
    private readonly ConcurrentDictionary<string, Port> _theirs = new(StringComparer.Ordinal);

    public async Task<Capabilities> DiscoverAsync(CancellationToken ct)
    {
        var theirs = await cloud.DiscoverAsync(ct);
        return new([.. theirs.Aliases, "sfc", "flow_classifier", "demilune-classifier-policy", .. theirs.AddressGroups ? (string[])["demilune-classifier-address-group"] : []]);
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(Query? query, CancellationToken ct) where T : Resource, IResource<T>
    {
        if (IsOwnKind<T>()) return [.. _own.Values.OfType<T>()];
        var theirs = await cloud.ListAsync<T>(query, ct);
        return typeof(T) == typeof(Port) ? [.. theirs.Select(Placed), .. _own.Values.OfType<T>()] : theirs;
    }

    public async Task<T?> FindAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T> =>
        _own.GetValueOrDefault(id) is T own ? own : await cloud.FindAsync<T>(id, ct) is { } found ? Placed(found) : null;

    public async Task<T> CreateAsync<T>(T resource, CancellationToken ct) where T : Resource, IResource<T> =>
        IsOwn(resource) ? Own(resource) : Kept(resource, await cloud.CreateAsync(Unbound(resource), ct));

    public async Task<IReadOnlyList<T>> CreateAsync<T>(IReadOnlyList<T> resources, CancellationToken ct) where T : Resource, IResource<T>
    {
        var theirs = resources.Where(resource => !IsOwn(resource)).ToList();
        var created = new Queue<T>(theirs.Zip(await cloud.CreateAsync([.. theirs.Select(Unbound)], ct), Kept));
        return [.. resources.Select(resource => IsOwn(resource) ? Own(resource) : created.Dequeue())];
    }

    public async Task<T> UpdateAsync<T>(string id, T changes, CancellationToken ct, long? ifRevision = null) where T : Resource, IResource<T>
    {
        if (_own.TryGetValue(id, out var own))
        {
            var changed = (T)Changed(own, changes);
            _own[id] = changed;
            return changed;
        }
        if (changes is not Port port) return await cloud.UpdateAsync(id, changes, ct, ifRevision);
        if (port == new Port { HostId = port.HostId } && _theirs.TryGetValue(id, out var known)) return Kept(changes, (T)(Resource)known);
        return Kept(changes, await cloud.UpdateAsync(id, Unbound(changes), ct, ifRevision));
    }

    public Task<bool> DeleteAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>
    {
        if (_own.TryRemove(id, out _)) return Task.FromResult(true);
        _hosts.TryRemove(id, out _);
        _theirs.TryRemove(id, out _);
        return IsOwnKind<T>() ? Task.FromResult(false) : cloud.DeleteAsync<T>(id, ct);
    }

    public Task<AddressGroup> AddAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) => cloud.AddAddressesAsync(id, addresses, ct);

    public Task<AddressGroup> RemoveAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) => cloud.RemoveAddressesAsync(id, addresses, ct);

    public Task SetTagsAsync<T>(string id, IReadOnlyList<string> tags, CancellationToken ct) where T : StandardResource, IResource<T> => cloud.SetTagsAsync<T>(id, tags, ct);

    public Task<QosRule> AddQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => cloud.AddQosRuleAsync(policyId, rule, ct);

    public Task<QosRule> ChangeQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => cloud.ChangeQosRuleAsync(policyId, rule, ct);

    public Task<bool> RemoveQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => cloud.RemoveQosRuleAsync(policyId, rule, ct);

    public Task<IReadOnlyList<QuotaUse>> QuotasAsync(string projectId, CancellationToken ct) => cloud.QuotasAsync(projectId, ct);

    private static bool IsOwnKind<T>() =>
        typeof(T) == typeof(PortPair) || typeof(T) == typeof(PortPairGroup) || typeof(T) == typeof(FlowClassifier) || typeof(T) == typeof(PortChain);

    private static bool IsOwn<T>(T resource) where T : Resource => IsOwnKind<T>() || resource is Port { DeviceOwner: DeviceOwners.FirewallIn or DeviceOwners.FirewallOut };

    private T Own<T>(T resource) where T : Resource
    {
        var made = resource with { Id = IdOf(resource) };
        if (made is Port port) made = (T)(Resource)(port with { VifType = "demilune", Status = Active, MacAddress = MacOf(made.Id), FixedIps = [], SecurityGroups = [] });
        _own[made.Id] = made;
        return made;
    }

    /// <summary>As the cloud is told of it.</summary>
    private static T Unbound<T>(T resource) where T : Resource => resource is Port port ? (T)(Resource)(port with { HostId = null }) : resource;

    /// <summary>What the cloud answered, with the node that it was not told of.</summary>
    private T Kept<T>(T asked, T answered) where T : Resource
    {
        if (asked is Port { HostId: { } host }) _hosts[answered.Id] = host;
        return Placed(answered);
    }

    private T Placed<T>(T resource) where T : Resource
    {
        if (resource is not Port port) return resource;
        _theirs[port.Id] = port;
        return (T)(Resource)(port with { HostId = _hosts.GetValueOrDefault(port.Id, ""), VifType = "demilune", Status = Active });
    }

    private static Resource Changed(Resource was, Resource changes) => (was, changes) switch
    {
        (PortPairGroup group, PortPairGroup change) => group with { PortPairs = change.PortPairs ?? group.PortPairs },
        (PortChain chain, PortChain change) => chain with { FlowClassifiers = change.FlowClassifiers ?? chain.FlowClassifiers, PortPairGroups = change.PortPairGroups ?? chain.PortPairGroups },
        (Port port, Port change) => port with { HostId = change.HostId ?? port.HostId },
        _ => throw new InvalidOperationException($"{was.GetType().Name} is never updated"),
    };

    private static string IdOf(Resource resource) => new Guid(Hash(resource)[..16]).ToString();

    /// <summary>Of an interface that only a splice and a firewall's engine see: unique, and locally administered.</summary>
    private static string MacOf(string id) => "02:" + string.Join(':', SHA256.HashData(Encoding.UTF8.GetBytes(id)).Take(5).Select(one => one.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));

    private static byte[] Hash(Resource resource) => SHA256.HashData(Encoding.UTF8.GetBytes($"{resource.GetType().Name} {resource.Description}"));
}
