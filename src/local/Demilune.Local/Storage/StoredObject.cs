using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Storage;

/// <summary>Where an object lives inside its resource. Cluster-scoped objects have the empty namespace.</summary>
/// <remarks>Ordered as lists are: by namespace, then by name, by ordinal value.</remarks>
internal readonly record struct ObjectName(string Namespace, string Name) : IComparable<ObjectName>
{
    public int CompareTo(ObjectName other) =>
        string.CompareOrdinal(Namespace, other.Namespace) is not 0 and var byNamespace ? byNamespace : string.CompareOrdinal(Name, other.Name);

    public override string ToString() => Namespace.Length is 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>One revision of one object: immutable, shared by every reader.</summary>
/// <param name="Resource">The group resource, <c>pods</c> or <c>deployments.apps</c>: versions of an API share storage.</param>
internal sealed record StoredObject(string Resource, ObjectName Name, long Revision, JsonElement Root)
{
    public ReadOnlySpan<byte> Utf8 => JsonMarshal.GetRawUtf8Value(Root);

    public string Uid { get; } = Root.Text("metadata", "uid") ?? "";

    public bool IsTerminating => Root.At("metadata", "deletionTimestamp") is not null;

    /// <summary>A copy of its own for whoever wants to change it.</summary>
    public JsonObject ToNode() => JsonNode.Parse(Utf8, documentOptions: JsonText.ReadOptions)!.AsObject();

    public static StoredObject Read(string resource, ObjectName name, long revision, ReadOnlySpan<byte> json) =>
        new(resource, name, revision, JsonElement.Parse(json, JsonText.ReadOptions));
}

internal enum ChangeKind { Added, Modified, Deleted }

/// <summary>What one revision did.</summary>
/// <param name="Object">The object after it; for a deletion its last state, at the revision of the deletion.</param>
/// <param name="Before">The state before, null for a creation.</param>
internal sealed record Change(ChangeKind Kind, StoredObject Object, StoredObject? Before);
