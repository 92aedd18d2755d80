namespace Demilune.Neutron;

/// <summary>A Neutron, real or built in. Every call may throw <see cref="NeutronException"/> or, when nobody answers, <see cref="HttpRequestException"/>.</summary>
public interface INeutron
{
    /// <summary>Asks which extensions there are.</summary>
    Task<Capabilities> DiscoverAsync(CancellationToken ct);

    /// <summary>Everything that matches, all pages.</summary>
    Task<IReadOnlyList<T>> ListAsync<T>(Query? query, CancellationToken ct) where T : Resource, IResource<T>;

    /// <summary>The object, or null if there is none (or it is another project's).</summary>
    Task<T?> FindAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>;

    /// <summary>Makes one and returns it as the server completed it.</summary>
    Task<T> CreateAsync<T>(T resource, CancellationToken ct) where T : Resource, IResource<T>;

    /// <summary>Makes many; one request, all or none, where the kind allows it, else one by one up to the first error.</summary>
    Task<IReadOnlyList<T>> CreateAsync<T>(IReadOnlyList<T> resources, CancellationToken ct) where T : Resource, IResource<T>;

    /// <summary>Changes what is not null in <paramref name="changes"/>.</summary>
    /// <param name="ifRevision">Refuse with 412 unless the object still has this revision; null: whatever it has.</param>
    Task<T> UpdateAsync<T>(string id, T changes, CancellationToken ct, long? ifRevision = null) where T : Resource, IResource<T>;

    /// <summary>Deletes it. False: it was gone already.</summary>
    Task<bool> DeleteAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>;

    /// <summary>Adds members. Refused (400 AddressesAlreadyExist) as a whole if one is there already.</summary>
    Task<AddressGroup> AddAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct);

    /// <summary>Removes members. Refused (404 AddressesNotFound) as a whole if one is not there.</summary>
    Task<AddressGroup> RemoveAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct);

    /// <summary>Replaces the tags. Objects of networking-sfc have none.</summary>
    Task SetTagsAsync<T>(string id, IReadOnlyList<string> tags, CancellationToken ct) where T : StandardResource, IResource<T>;

    /// <summary>Adds a rule of <see cref="QosRule.Type"/> to a policy. 409 QoSRulesConflict: there is one of this type and direction.</summary>
    Task<QosRule> AddQosRuleAsync(string policyId, QosRule rule, CancellationToken ct);

    /// <summary>Changes what is not null in <paramref name="rule"/>, which says its id and type.</summary>
    Task<QosRule> ChangeQosRuleAsync(string policyId, QosRule rule, CancellationToken ct);

    /// <summary>Removes the rule with this id and type. False: it was gone already.</summary>
    Task<bool> RemoveQosRuleAsync(string policyId, QosRule rule, CancellationToken ct);

    /// <summary>What a project may have and has. Empty: this Neutron does not say, or has no limits that anybody would meet.</summary>
    Task<IReadOnlyList<QuotaUse>> QuotasAsync(string projectId, CancellationToken ct) => Task.FromResult<IReadOnlyList<QuotaUse>>([]);
}
