using System.Net;
using Demilune.Neutron;

namespace Demilune.Raven.Tests;

/// <summary>A Neutron that keeps its own rules: ids, references in both directions, what may be deleted when; and that can fail at any request.</summary>
internal sealed class InMemoryNeutron : INeutron
{
    private readonly Dictionary<string, Resource> _resources = [];
    private readonly HashSet<string> _unanswered = [];
    private int _nextId;
    private int _nextAddress = 2;

    public Capabilities Capabilities { get; set; } = new([
        "security-group", "address-group", "security-groups-remote-address-group", "sfc", "flow_classifier", "qos",
        "demilune-classifier-policy", "demilune-classifier-address-group", "demilune-domain-names"]);

    /// <summary>Writes so far; what a test counts, and fails at.</summary>
    public int Writes { get; private set; }

    /// <summary>The write with this number is done, and then the answer is lost.</summary>
    public int? LoseAnswerOf { get; set; }

    /// <summary>Called before each write; may throw.</summary>
    public Action<string>? BeforeWrite { get; set; }

    /// <summary>A port that is bound is carried by a switch at once.</summary>
    public bool Switched { get; init; }

    /// <summary>Awaited before a request that makes something.</summary>
    public Func<string, Task>? Slow { get; set; }

    /// <summary>Awaited before it is answered that something was made; until then a port is there, and no switch's.</summary>
    public Task? SlowAnswer { get; set; }

    /// <summary>How many ports there may be; null: any number.</summary>
    public int? PortQuota { get; set; }

    public List<string> Log { get; } = [];

    public IEnumerable<T> All<T>() where T : Resource => _resources.Values.OfType<T>().Select(one => (T)View(one));

    public Task<Capabilities> DiscoverAsync(CancellationToken ct) => Task.FromResult(Capabilities);

    public Task<IReadOnlyList<T>> ListAsync<T>(Query? query, CancellationToken ct) where T : Resource, IResource<T> =>
        Task.FromResult<IReadOnlyList<T>>([.. All<T>()]);

    public Task<T?> FindAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T> =>
        Task.FromResult(_resources.GetValueOrDefault(id) is T found ? (T)View(found) : null);

    public async Task<T> CreateAsync<T>(T resource, CancellationToken ct) where T : Resource, IResource<T>
    {
        await Slowly($"create {typeof(T).Name} {resource.Description}");
        Check(resource, 1);
        var made = Make(resource);
        if (SlowAnswer is not { } answer) return made;
        _unanswered.Add(made.Id);
        await answer;
        _unanswered.Remove(made.Id);
        return (T)View(_resources[made.Id]);
    }

    /// <summary>All or none, but for what a lost answer leaves in the middle.</summary>
    public async Task<IReadOnlyList<T>> CreateAsync<T>(IReadOnlyList<T> resources, CancellationToken ct) where T : Resource, IResource<T>
    {
        await Slowly($"create {resources.Count} {typeof(T).Name}");
        if (resources.OfType<SecurityGroupRule>().Select(rule => rule.SecurityGroupId).Distinct().Count() > 1) throw Refusal(400, "SecurityGroupNotSingleGroupRules", "");
        foreach (var resource in resources) Check(resource, resources.Count);
        return [.. resources.Select(Make)];
    }

    private void Check<T>(T resource, int together) where T : Resource
    {
        Before($"create {typeof(T).Name} {resource.Description}");
        CheckReferences(resource);
        if (resource is Port && PortQuota is { } most && All<Port>().Count() + together > most) throw Refusal(409, "OverQuota", "ports");
    }

    private T Make<T>(T resource) where T : Resource
    {
        T made = resource with { Id = $"{typeof(T).Name}-{++_nextId:D6}" };
        _resources[made.Id] = Completed(made);
        if (made is SecurityGroup)
            foreach (var ethertype in new[] { "IPv4", "IPv6" })
            {
                var id = $"{nameof(SecurityGroupRule)}-{++_nextId:D6}";
                _resources[id] = new SecurityGroupRule { Id = id, SecurityGroupId = made.Id, Direction = "egress", Ethertype = ethertype };
            }
        After();
        return (T)View(_resources[made.Id]);
    }

    public Task<T> UpdateAsync<T>(string id, T changes, CancellationToken ct, long? ifRevision = null) where T : Resource, IResource<T>
    {
        Before($"update {typeof(T).Name} {id}");
        if (!_resources.TryGetValue(id, out var current)) throw Refusal(404, "NotFound", id);
        CheckReferences(changes);
        _resources[id] = (current, (Resource)changes) switch
        {
            (Port port, Port change) => port with
            {
                Name = change.Name ?? port.Name,
                Description = change.Description ?? port.Description,
                DeviceId = change.DeviceId ?? port.DeviceId,
                DeviceOwner = change.DeviceOwner ?? port.DeviceOwner,
                SecurityGroups = change.SecurityGroups ?? port.SecurityGroups,
                HostId = change.HostId ?? port.HostId,
                QosPolicyId = change.QosPolicyId switch { null => port.QosPolicyId, "" => null, var policy => policy }
            },
            (PortPairGroup group, PortPairGroup change) => group with { PortPairs = change.PortPairs ?? group.PortPairs },
            (PortChain chain, PortChain change) => chain with { FlowClassifiers = change.FlowClassifiers ?? chain.FlowClassifiers },
            (QosRule rule, QosRule change) => rule with { MaxKbps = change.MaxKbps ?? rule.MaxKbps, MaxBurstKbps = change.MaxBurstKbps ?? rule.MaxBurstKbps },
            _ => throw Refusal(400, "HTTPBadRequest", "cannot update"),
        };
        After();
        return Task.FromResult((T)View(_resources[id]));
    }

    public Task<bool> DeleteAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>
    {
        Before($"delete {typeof(T).Name} {id}");
        if (!_resources.ContainsKey(id)) return Task.FromResult(false);
        if (_resources.Values.FirstOrDefault(other => References(other).Contains(id) && !(other is SecurityGroupRule rule && rule.SecurityGroupId == id) && other is not QosRule) is { } user)
            throw Refusal(409, "InUse", $"{id} in use by {user.Id}");
        _resources.Remove(id);
        foreach (var rule in _resources.Values.OfType<SecurityGroupRule>().Where(rule => rule.SecurityGroupId == id).ToList()) _resources.Remove(rule.Id);
        foreach (var rule in _resources.Values.OfType<QosRule>().Where(rule => rule.QosPolicyId == id).ToList()) _resources.Remove(rule.Id);
        After();
        return Task.FromResult(true);
    }

    public Task<AddressGroup> AddAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct)
    {
        Before($"add {id}");
        var group = (AddressGroup)_resources[id];
        if (addresses.Intersect(group.Addresses ?? []).Any()) throw Refusal(400, "AddressesAlreadyExist", id);
        group = group with { Addresses = [.. group.Addresses ?? [], .. addresses] };
        _resources[id] = group;
        After();
        return Task.FromResult(group);
    }

    public Task<AddressGroup> RemoveAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct)
    {
        Before($"remove {id}");
        var group = (AddressGroup)_resources[id];
        if (addresses.Except(group.Addresses ?? []).Any()) throw Refusal(404, "AddressesNotFound", id);
        group = group with { Addresses = [.. (group.Addresses ?? []).Except(addresses)] };
        _resources[id] = group;
        After();
        return Task.FromResult(group);
    }

    public Task SetTagsAsync<T>(string id, IReadOnlyList<string> tags, CancellationToken ct) where T : StandardResource, IResource<T> =>
        throw new NotSupportedException("nobody asks for it");

    public Task<QosRule> AddQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => CreateAsync(rule with { QosPolicyId = policyId }, ct);

    public Task<QosRule> ChangeQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => UpdateAsync(rule.Id, rule, ct);

    public Task<bool> RemoveQosRuleAsync(string policyId, QosRule rule, CancellationToken ct) => DeleteAsync<QosRule>(rule.Id, ct);

    public Task<IReadOnlyList<QuotaUse>> QuotasAsync(string projectId, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<QuotaUse>>(PortQuota is { } most ? [new("port", most, All<Port>().Count())] : []);

    private Task Slowly(string what) => Slow?.Invoke(what) ?? Task.CompletedTask;

    private void Before(string what)
    {
        Log.Add(what);
        BeforeWrite?.Invoke(what);
    }

    private void After()
    {
        if (++Writes == LoseAnswerOf) throw new HttpRequestException("the answer was lost");
    }

    private Resource Completed(Resource made) => made switch
    {
        Port { FixedIps: null } port => port with
        {
            MacAddress = $"fa:16:3e:00:00:{_nextAddress:x2}",
            HostId = port.HostId ?? "",
            FixedIps = [new FixedIp { IpAddress = $"10.244.0.{_nextAddress}" }, new FixedIp { IpAddress = $"fd00:244::{_nextAddress++:x}" }],
        },
        Port port => port with { HostId = port.HostId ?? "" },
        Network network => network with { ProjectId = "project" },
        _ => made,
    };

    private Resource View(Resource resource) => resource switch
    {
        SecurityGroup group => group with { SecurityGroupRules = [.. _resources.Values.OfType<SecurityGroupRule>().Where(rule => rule.SecurityGroupId == group.Id)] },
        Port port when Switched => string.IsNullOrEmpty(port.HostId) || _unanswered.Contains(port.Id) ? port with { VifType = "unbound", Status = "DOWN" } : port with { VifType = "ovs", Status = "ACTIVE" },
        QosPolicy policy => policy with { Rules = [.. _resources.Values.OfType<QosRule>().Where(rule => rule.QosPolicyId == policy.Id)] },
        _ => resource,
    };

    private void CheckReferences(Resource resource)
    {
        foreach (var id in References(resource))
            if (!_resources.ContainsKey(id)) throw Refusal(404, "NotFound", $"{resource.GetType().Name} refers to {id}");
        if (resource is PortChain { PortPairGroups: { Count: 0 } }) throw Refusal(400, "PortPairGroupNotSpecified", "");
    }

    private static IEnumerable<string> References(Resource resource) => (resource switch
    {
        Subnet subnet => [subnet.NetworkId],
        Port port => [port.NetworkId, .. port.SecurityGroups ?? [], port.QosPolicyId is "" ? null : port.QosPolicyId],
        QosRule rule => [rule.QosPolicyId],
        SecurityGroupRule rule => [rule.SecurityGroupId, rule.RemoteAddressGroupId, rule.RemoteGroupId],
        PortPair pair => [pair.Ingress, pair.Egress],
        PortPairGroup group => group.PortPairs ?? [],
        FlowClassifier flow => [flow.LogicalSourcePort, flow.LogicalDestinationPort, flow.SourceAddressGroupId, flow.DestinationAddressGroupId],
        PortChain chain => (IEnumerable<string?>)[.. chain.PortPairGroups ?? [], .. chain.FlowClassifiers ?? []],
        _ => [],
    }).OfType<string>();

    private static NeutronException Refusal(int status, string type, string detail) => new("a test", (HttpStatusCode)status, type, detail, null);
}
