using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Api;

/// <summary>Names an object among those of its kind.</summary>
/// <param name="Namespace">Empty for cluster-scoped kinds.</param>
/// <param name="Name">metadata.name.</param>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    public static ObjectKey Of(IKubernetesObject<V1ObjectMeta> obj) =>
        new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name ?? "");

    public int CompareTo(ObjectKey other) =>
        string.CompareOrdinal(Namespace, other.Namespace) is var order and not 0 ? order : string.CompareOrdinal(Name, other.Name);

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;
    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;
}
