using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>How many objects a project may have: what keeps a client that has gone wild from filling the memory.</summary>
/// <remarks>
/// The defaults are those of one Kubernetes cluster at its documented limits (150,000 pods is beyond one controller; 5,000 nodes
/// of 13 pods is not), not those of a cloud tenant, for whom Neutron allows 500 ports and 10 chains.
/// </remarks>
internal static class Quotas
{
    private static readonly Dictionary<Type, int> Defaults = new()
    {
        [typeof(Network)] = 100, [typeof(Subnet)] = 200, [typeof(Port)] = 65_536, [typeof(SecurityGroup)] = 10_000,
        [typeof(SecurityGroupRule)] = 262_144, [typeof(AddressGroup)] = 16_384, [typeof(PortPair)] = 10_000,
        [typeof(PortPairGroup)] = 1_000, [typeof(PortChain)] = 1_000, [typeof(FlowClassifier)] = 262_144,
        [typeof(QosPolicy)] = 10_000, [typeof(QosRule)] = 100_000,
    };

    public static Fault? Exceeded(NetworkState state, Collection collection, string project)
    {
        var limit = Defaults[collection.Kind];
        // The whole table is an upper bound of a project's part of it, and almost always below the limit.
        return state.Count(collection.Kind) < limit || Used(state, collection, project) < limit
            ? null
            : new(409, "OverQuota", $"Quota exceeded for resources: ['{collection.Member}'].");
    }

    public static ApiAnswer Answer(ApiRequest request, Draft draft, string[] rest)
    {
        if (request.Method is not "GET")
            return ApiAnswer.Of(new(405, "HTTPMethodNotAllowed", "Quotas are fixed here: they bound the server's memory."));
        return rest switch
        {
            [] => new(200, new JsonObject { ["quotas"] = new JsonArray() }),
            [_] or [_, "default"] => new(200, new JsonObject { ["quota"] = View(collection => JsonValue.Create(Defaults[collection.Kind])) }),
            [var project, "details"] => new(200, new JsonObject
            {
                ["quota"] = View(collection => new JsonObject
                {
                    ["limit"] = Defaults[collection.Kind], ["used"] = Used(draft.State, collection, project), ["reserved"] = 0,
                }),
            }),
            _ => ApiAnswer.Of(Fault.NoSuchPath),
        };
    }

    private static int Used(NetworkState state, Collection collection, string project) =>
        state.All(collection.Kind).Count(resource => resource.ProjectId == project);

    private static JsonObject View(Func<Collection, JsonNode> value) =>
        new(Collections.All.Select(collection => KeyValuePair.Create(collection.Member, (JsonNode?)value(collection))));
}
