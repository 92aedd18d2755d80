using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>How many objects a project may have: what keeps a client that has gone wild from filling the memory.</summary>
/// <remarks>
/// A tenant's defaults are Neutron's. The project of a network that nobody signs in to is a whole Kubernetes cluster at its documented limits
/// (150,000 pods is beyond one controller; 5,000 nodes of 13 pods is not), for which 500 ports and 10 chains would be none.
/// </remarks>
internal static class Quotas
{
    /// <summary>What clients see and may set, in Neutron's order. A negative limit is none, and then the cluster's holds.</summary>
    private static readonly (Type Kind, int Tenant, int Cluster)[] Shown =
    [
        (typeof(Network), 100, 100), (typeof(Subnet), 100, 200), (typeof(SubnetPool), -1, 1_000), (typeof(Port), 500, 65_536), (typeof(Router), 10, 1_000),
        (typeof(FloatingIp), 50, 10_000), (typeof(RbacPolicy), 10, 1_000), (typeof(SecurityGroup), 10, 10_000), (typeof(SecurityGroupRule), 100, 262_144),
        (typeof(Trunk), -1, 10_000), (typeof(FlowClassifier), 100, 262_144), (typeof(ServiceGraph), -1, 1_000), (typeof(PortPair), 100, 10_000),
        (typeof(PortChain), 10, 1_000), (typeof(PortPairGroup), 10, 1_000),
    ];

    /// <summary>Neutron has no quota for these; memory has a limit all the same.</summary>
    private static readonly (Type Kind, int Limit)[] Silent =
        [(typeof(AddressGroup), 16_384), (typeof(AddressScope), 1_000), (typeof(QosPolicy), 10_000), (typeof(QosRule), 100_000)];

    private static readonly Dictionary<Type, int> Tenant = Shown.ToDictionary(of => of.Kind, of => of.Tenant);

    private static readonly Dictionary<Type, int> Cluster = Shown.Select(of => (of.Kind, Limit: of.Cluster)).Concat(Silent).ToDictionary(of => of.Kind, of => of.Limit);

    /// <param name="state">What there is.</param>
    /// <param name="collection">Of what.</param>
    /// <param name="project">Whose.</param>
    /// <param name="more">How many are to be made.</param>
    public static Fault? Exceeded(NetworkState state, Collection collection, string project, int more = 1)
    {
        var limit = LimitOf(state, collection, project) is >= 0 and var said ? said : Cluster.GetValueOrDefault(collection.Kind, -1);
        // The whole table is an upper bound of a project's part of it, and almost always below the limit.
        return limit < 0 || state.Count(collection.Kind) + more <= limit || Used(state, collection, project) + more <= limit
            ? null
            : new(409, "OverQuota", $"Quota exceeded for resources: ['{collection.Member}'].");
    }

    public static ApiAnswer Answer(ApiRequest request, Draft draft, string[] rest) => (request.Method, rest) switch
    {
        ("GET", []) => Admin(draft, "get") ?? List(draft),
        ("GET", ["tenant" or "project"]) => new(200, new JsonObject
        {
            [rest[0]] = new JsonObject { [rest[0] + "_id"] = draft.Caller.Project },
        }),
        ("GET", [var project]) => Other(draft, project, "get") ?? One(collection => LimitOf(draft.State, collection, project)),
        ("GET", [var project, "default"]) => One(collection => DefaultOf(collection, project)),
        ("GET", [var project, "details"]) => Other(draft, project, "get") ?? One(collection => new JsonObject
        {
            ["limit"] = LimitOf(draft.State, collection, project), ["used"] = Used(draft.State, collection, project), ["reserved"] = 0,
        }),
        ("PUT", [var project]) => Admin(draft, "update") ?? Set(request, draft, project),
        ("DELETE", [var project]) => Admin(draft, "delete") ?? Reset(draft, project),
        (_, []) or (_, [_]) or (_, [_, "default" or "details"]) => NetworkApi.NotAllowed(request.Method),
        _ => ApiAnswer.Of(Fault.NoSuchPath),
    };

    private static ApiAnswer List(Draft draft) => new(200, new JsonObject
    {
        ["quotas"] = new JsonArray([.. draft.State.All<ProjectQuota>().Select(quota =>
        {
            var view = View(collection => LimitOf(draft.State, collection, quota.Id));
            (view["project_id"], view["tenant_id"]) = (quota.Id, quota.Id);
            return view;
        })]),
    });

    private static ApiAnswer Set(ApiRequest request, Draft draft, string project)
    {
        if (NetworkApi.TryReadBody(request, out var body) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (body["quota"] is not JsonObject wanted) return ApiAnswer.Of(Fault.BadRequest("Unable to find 'quota' in request body"));
        var check = wanted["check_limit"];
        wanted.Remove("check_limit");
        if (check is not null && Checks.Bool(ref check) is { } objection) return ApiAnswer.Of(objection.In("check_limit"));
        var limits = new Dictionary<string, int>(draft.State.Find<ProjectQuota>(project)?.Limits ?? new Dictionary<string, int>());
        foreach (var (name, said) in wanted)
        {
            var value = said;
            if (Array.Find(Shown, of => Collections.Of(of.Kind).Member == name) is not { Kind: { } kind })
                return ApiAnswer.Of(Fault.BadRequest($"Unrecognized attribute(s) '{name}'"));
            if (Checks.Int(-1, int.MaxValue)(ref value) is { } bad) return ApiAnswer.Of(bad.In(name));
            limits[name] = value!.GetValue<int>();
            var used = Used(draft.State, Collections.Of(kind), project);
            if (check?.GetValue<bool>() is true && limits[name] >= 0 && limits[name] < used)
                return ApiAnswer.Of(Fault.BadRequest($"Quota limit {limits[name]} for '{name}' is lower than what is used, {used}"));
        }
        draft.Put(new ProjectQuota { Id = project, ProjectId = project, Limits = limits });
        return One(collection => LimitOf(draft.State, collection, project));
    }

    private static ApiAnswer Reset(Draft draft, string project)
    {
        if (draft.State.Find<ProjectQuota>(project) is not { } quota) return ApiAnswer.Of(Collections.Of(typeof(ProjectQuota)).NotFound(project));
        draft.Remove(quota);
        return ApiAnswer.NoContent;
    }

    private static ApiAnswer? Admin(Draft draft, string verb) => draft.Caller.IsAdmin ? null : ApiAnswer.Of(Fault.Forbidden($"rule:{verb}_quota"));

    private static ApiAnswer? Other(Draft draft, string project, string verb) => project == draft.Caller.Project ? null : Admin(draft, verb);

    private static int LimitOf(NetworkState state, Collection collection, string project) =>
        state.Find<ProjectQuota>(project)?.Limits is { } limits && limits.TryGetValue(collection.Member, out var limit) ? limit : DefaultOf(collection, project);

    private static int DefaultOf(Collection collection, string project) =>
        (project == Caller.ClusterProject ? Cluster : Tenant).GetValueOrDefault(collection.Kind, -1);

    private static int Used(NetworkState state, Collection collection, string project) =>
        state.All(collection.Kind).Count(resource => resource.ProjectId == project);

    private static ApiAnswer One(Func<Collection, JsonNode> value) => new(200, new JsonObject { ["quota"] = View(value) });

    private static JsonObject View(Func<Collection, JsonNode> value) =>
        new(Shown.Select(of => Collections.Of(of.Kind)).Select(collection => KeyValuePair.Create(collection.Member, (JsonNode?)value(collection))));
}
