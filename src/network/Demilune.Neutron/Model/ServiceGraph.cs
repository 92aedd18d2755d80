namespace Demilune.Neutron;

/// <summary>networking-sfc: chains that go on in other chains.</summary>
public sealed record ServiceGraph : Resource, IResource<ServiceGraph>
{
    /// <summary>Chain ids by the id of the chain before them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? PortChains { get; init; }

    public static ResourceKind<ServiceGraph> Kind { get; } =
        new("sfc/service_graphs", "service_graph", "service_graphs", NeutronJson.Default.ServiceGraph, Bulk: false);
}
