using System.Collections.Frozen;

namespace Demilune.Sdn.Resources;

/// <summary>All resources that are served, found by their path and by their record.</summary>
internal static class Collections
{
    /// <summary>One for each kind of record, in an order in which nothing refers to what comes later.</summary>
    public static IReadOnlyList<Collection> All { get; } =
    [
        new QosPolicies(), QosRules.All[0], new AddressScopes(), new SubnetPools(), new Networks(), new Subnets(), new AddressGroups(), new SecurityGroups(), new SecurityGroupRules(), new Ports(),
        new PortPairs(), new PortPairGroups(), new FlowClassifiers(), new PortChains(), new ServiceGraphs(),
        new Routers(), new FloatingIps(), new Trunks(), new RbacPolicies(), new ProjectQuotas(),
    ];

    private static readonly FrozenDictionary<string, Collection> ByPath =
        All.Where(collection => collection is { Parent: null, Routed: true }).ToFrozenDictionary(collection => collection.Path);

    private static readonly FrozenDictionary<(Type Parent, string Name), Collection> Children =
        QosRules.All.ToFrozenDictionary(collection => (collection.Parent!.Value.Kind, collection.Name), Collection (collection) => collection);

    private static readonly FrozenDictionary<Type, Collection> ByKind = All.ToFrozenDictionary(collection => collection.Kind);

    public static Collection? At(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>The collection that RBAC policies call so; null: none that can be shared.</summary>
    public static Collection? SharedAs(string type) => All.FirstOrDefault(collection => collection.SharedAs == type);

    /// <summary>What lives below another resource: "bandwidth_limit_rules" of a QoS policy.</summary>
    public static Collection? Below(Type parent, string name) => Children.GetValueOrDefault((parent, name));

    public static Collection Of(Type kind) => ByKind[kind];
}
