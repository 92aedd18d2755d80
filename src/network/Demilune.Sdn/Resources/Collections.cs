using System.Collections.Frozen;

namespace Demilune.Sdn.Resources;

/// <summary>All resources that are served, found by their path and by their record.</summary>
internal static class Collections
{
    /// <summary>In an order in which nothing refers to what comes later.</summary>
    public static IReadOnlyList<Collection> All { get; } =
    [
        new Networks(), new Subnets(), new AddressGroups(), new SecurityGroups(), new SecurityGroupRules(), new Ports(),
        new PortPairs(), new PortPairGroups(), new FlowClassifiers(), new PortChains(),
    ];

    private static readonly FrozenDictionary<string, Collection> ByPath = All.ToFrozenDictionary(collection => collection.Path);
    private static readonly FrozenDictionary<Type, Collection> ByKind = All.ToFrozenDictionary(collection => collection.Kind);

    public static Collection? At(string path) => ByPath.GetValueOrDefault(path);

    public static Collection Of(Type kind) => ByKind[kind];
}
