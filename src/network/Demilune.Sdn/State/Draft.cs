using System.Globalization;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn;

/// <summary>One request's view of the network while it changes it. Thrown away if the request is refused, so all or nothing happens.</summary>
/// <param name="state">What was there.</param>
/// <param name="caller">Who asks.</param>
/// <param name="now">The request's time.</param>
/// <param name="random">Makes ids and MAC addresses.</param>
internal sealed class Draft(NetworkState state, Caller caller, DateTimeOffset now, Random random)
{
    private readonly List<Change> _changes = [];

    public NetworkState State { get; private set; } = state;

    public Caller Caller { get; } = caller;

    public Random Random { get; } = random;

    /// <summary>More precise than clients are shown, so that what was made first stays first.</summary>
    public string Now { get; } = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public IReadOnlyList<Change> Changes => _changes;

    /// <summary>A version 4 UUID.</summary>
    public string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0f | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3f | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    public void Put(Resource resource)
    {
        State = State.With(resource);
        _changes.Add(new(resource, Deleted: false));
    }

    public void Remove(Resource resource)
    {
        State = State.Without(resource);
        _changes.Add(new(resource, Deleted: true));
    }

    /// <summary>Something that belongs to the object has changed: its revision says so.</summary>
    public void Touch<T>(string? id) where T : StandardResource
    {
        if (State.Find<T>(id) is { } found) Put(Revised(found));
    }

    /// <summary>An unused address of the subnet, for a port of this request; null: none is free.</summary>
    public Address? Give(Subnet subnet)
    {
        if (Allocation.Next(State, subnet) is not { } address) return null;
        State = State.WithLastGiven(subnet.Id, address);
        return address;
    }

    /// <summary>The caller may know that the object exists.</summary>
    public bool Sees(Resource resource) => Caller.IsAdmin || Owns(resource) || resource switch
    {
        Network network => IsShared(network) || IsExternal(network),
        Subnet subnet => State.Find<Network>(subnet.NetworkId) is { } network && Sees(network)
            || State.Find<SubnetPool>(subnet.SubnetpoolId)?.ProjectId == Caller.Project,
        QosRule rule => State.Find<QosPolicy>(rule.QosPolicyId) is { } policy && Sees(policy),
        _ => IsShared(resource),
    };

    /// <summary>With everybody, or with the caller's project.</summary>
    public bool IsShared(Resource resource) => IsLet(resource, RbacPolicies.Shared);

    /// <summary>Leads outside, for the caller.</summary>
    public bool IsExternal(Network network) =>
        IsLet(network, RbacPolicies.External) || Caller.IsAdmin && State.Referrers<RbacPolicy>(network.Id).Any(policy => policy.Action == RbacPolicies.External);

    private bool IsLet(Resource resource, string action) => State.Referrers<RbacPolicy>(resource.Id)
        .Any(policy => policy.Action == action && (policy.TargetTenant == RbacPolicies.Everybody || policy.TargetTenant == Caller.Project));

    public bool Sees(Type kind, string id) => State.Find(kind, id) is { } found && Sees(found);

    /// <summary>The caller may change the object: it is its project's, or hangs on something that is.</summary>
    public bool Owns(Resource resource) => Caller.IsAdmin || resource.ProjectId == Caller.Project || resource switch
    {
        Subnet subnet => State.Find<Network>(subnet.NetworkId)?.ProjectId == Caller.Project,
        Port port => State.Find<Network>(port.NetworkId)?.ProjectId == Caller.Project,
        SecurityGroupRule rule => State.Find<SecurityGroup>(rule.SecurityGroupId)?.ProjectId == Caller.Project,
        _ => false,
    };

    public T Revised<T>(T resource) where T : Resource =>
        resource is StandardResource standard
            ? (T)(Resource)(standard with { RevisionNumber = (standard.RevisionNumber ?? 0) + 1, UpdatedAt = Now })
            : resource;
}

/// <summary>An object written or deleted.</summary>
internal sealed record Change(Resource Resource, bool Deleted);

/// <summary>On whose behalf a request runs.</summary>
/// <param name="Project">Owner of what it creates.</param>
/// <param name="IsAdmin">Sees and changes the objects of all projects.</param>
internal sealed record Caller(string Project, bool IsAdmin)
{
    /// <summary>Neutron's own name for the project when nobody says one; here that of the cluster.</summary>
    public const string ClusterProject = "fake_project_id";

    /// <summary>May look at its project's objects and change nothing.</summary>
    public bool OnlyReads { get; init; }
}
