using System.Collections.Immutable;
using Demilune.Policy.Addresses;

namespace Demilune.Policy.Model;

/// <summary>What policies are compiled from: the cluster at one moment.</summary>
/// <param name="Namespaces">Labels of each namespace by name. A namespace that is missing has no labels.</param>
/// <param name="Pods">Those with a network of their own (not hostNetwork) that are not finished.</param>
/// <param name="Policies">All of them; their order does not matter.</param>
public sealed record Cluster(
    ImmutableDictionary<string, ImmutableDictionary<string, string>> Namespaces,
    ImmutableArray<Pod> Pods,
    ImmutableArray<NetworkPolicy> Policies)
{
    public static readonly Cluster Empty = new(ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty, [], []);

    public ImmutableArray<Node> Nodes { get; init; } = [];
}

/// <summary>A machine of the cluster: policies can name its addresses.</summary>
public sealed record Node(string Name, ImmutableDictionary<string, string> Labels, ImmutableArray<Prefix> Addresses);

/// <summary>Names a pod or a policy.</summary>
/// <param name="Namespace">Empty: of the cluster.</param>
public readonly record struct Name(string Namespace, string Local) : IComparable<Name>
{
    public int CompareTo(Name other) =>
        string.CompareOrdinal(Namespace, other.Namespace) is var order and not 0 ? order : string.CompareOrdinal(Local, other.Local);

    public override string ToString() => Namespace.Length == 0 ? Local : $"{Namespace}/{Local}";

    public static bool operator <(Name left, Name right) => left.CompareTo(right) < 0;
    public static bool operator >(Name left, Name right) => left.CompareTo(right) > 0;
    public static bool operator <=(Name left, Name right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Name left, Name right) => left.CompareTo(right) >= 0;
}

/// <summary>A pod, as far as policies care. Two pods are the same if their <paramref name="Uid"/> is.</summary>
/// <param name="Ports">Of all its containers that name their ports; the first of a name and protocol counts, as in kube-proxy.</param>
public sealed record Pod(string Uid, Name Name, ImmutableDictionary<string, string> Labels, ImmutableArray<NamedPort> Ports)
{
    /// <summary>The number behind a port's name here, or null.</summary>
    public ushort? Resolve(string port, Protocol protocol)
    {
        foreach (var known in Ports)
            if (known.Name == port && known.Protocol == protocol) return known.Number;
        return null;
    }

    /// <summary>Policies have no reason to treat the two otherwise.</summary>
    public bool SaysTheSame(Pod other) => Uid == other.Uid && Name == other.Name && Ports.SequenceEqual(other.Ports) &&
        Labels.Count == other.Labels.Count && Labels.All(label => other.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    public bool Equals(Pod? other) => other is not null && Uid == other.Uid;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Uid);
}

/// <summary>A port to which a container gave a name.</summary>
public readonly record struct NamedPort(string Name, Protocol Protocol, ushort Number);

/// <summary>What NetworkPolicy knows to select; the values are IANA's.</summary>
public enum Protocol : byte
{
    Tcp = 6,
    Udp = 17,
    Sctp = 132,
}
