using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Raven.Facts;

/// <summary>What the network is designed from: Kubernetes at one moment, reduced to what matters here.</summary>
/// <param name="Cluster">What policies are compiled from.</param>
/// <param name="Pods">Those that need ports: scheduled, not finished, with a network of their own.</param>
/// <param name="Inspections">By name of the SecurityPolicy.</param>
public sealed record ClusterFacts(
    Cluster Cluster, ImmutableArray<PlacedPod> Pods, ImmutableDictionary<string, Inspection> Inspections)
{
    /// <summary>Addresses behind which others are.</summary>
    public ImmutableArray<ServiceFront> Services { get; init; } = [];
}

/// <summary>One port of one address of a Service: what a node translates.</summary>
/// <param name="Backends">Of all its endpoints. An endpoint that is no pod has an empty UID.</param>
public sealed record ServiceFront(Prefix Address, Protocol Protocol, ushort Port, ImmutableArray<(string PodUid, ushort Port)> Backends);

/// <summary>A pod that runs, or is about to, on a node.</summary>
/// <param name="Firewall">The Firewall it is an instance of; null for ordinary pods.</param>
/// <param name="Leaving">It is being deleted: it keeps its ports, but no new work comes to it.</param>
public sealed record PlacedPod(string Uid, Name Name, string Node, string? Firewall = null, bool Leaving = false)
{
    public Bandwidth Bandwidth { get; init; } = Bandwidth.None;
}

/// <summary>A SecurityPolicy, as the network sees it.</summary>
/// <param name="Tag">1..4094, in every frame of its flows.</param>
/// <param name="Firewall">Through whose instances its flows go; null: through nobody's, so that it fails as it should.</param>
/// <param name="Prevents">It blocks, not only reports.</param>
/// <param name="FailsClosed">Of two policies that select one flow the strict one gets it.</param>
public sealed record Inspection(string SecurityPolicy, int Tag, string? Firewall, bool Prevents, bool FailsClosed);
