using System.Collections.Immutable;
using Demilune.Kubernetes.Api;

namespace Demilune.Kubernetes.PodNetworks;

/// <summary>What a pod has on the network, in Kubernetes' words.</summary>
/// <param name="Firewall">The Firewall it is an instance of; null for ordinary pods.</param>
/// <param name="SecurityPolicies">Names of those that judge its traffic, whether they exist or not; sorted.</param>
/// <param name="PortId">Null: no port yet. So are <paramref name="Mac"/> and <paramref name="PortPairId"/>.</param>
/// <param name="SecurityGroups">Names; sorted.</param>
/// <param name="PortPairId">Of a firewall's instance.</param>
/// <param name="NetworkNumber">1..65535, of the network; 0: it has none.</param>
public sealed record PodNetwork(
    string PodUid,
    ObjectKey Pod,
    string Node,
    string? Firewall,
    ImmutableArray<string> SecurityPolicies,
    string? PortId,
    string? Mac,
    ImmutableArray<string> Addresses,
    ImmutableArray<string> SecurityGroups,
    string? PortPairId,
    int NetworkNumber)
{
    /// <summary>Names of those that only tell what they would have done; sorted. None of them is among <see cref="SecurityPolicies"/>.</summary>
    public ImmutableArray<string> ShadowPolicies { get; init; } = [];
}

/// <summary>Whoever makes the pods' network says here what it is.</summary>
public interface IPodNetworks
{
    /// <summary>By UID of the pod. Replaced whole.</summary>
    ImmutableDictionary<string, PodNetwork> Current { get; }

    /// <summary>Completes when the network was once found to be what Kubernetes asks for.</summary>
    Task Synced { get; }

    /// <summary>Raised after each replacement; handlers take note and return.</summary>
    event Action? Changed;
}
