using System.Text.Json.Serialization.Metadata;

namespace Demilune.Neutron;

/// <summary>A resource that knows where it lives in Neutron's API.</summary>
public interface IResource<TSelf> where TSelf : Resource, IResource<TSelf>
{
    /// <summary>Path and names of the resource.</summary>
    static abstract ResourceKind<TSelf> Kind { get; }
}

/// <summary>Where a resource lives, and what it is called in bodies.</summary>
/// <param name="Path">Below /v2.0/: "security-groups", "sfc/port_pairs".</param>
/// <param name="Member">Name of one in a body: "security_group".</param>
/// <param name="Collection">Name of many in a body: "security_groups".</param>
/// <param name="Json">How it is read and written.</param>
/// <param name="Bulk">Several may be created by one request, all or none.</param>
/// <param name="ReadOnly">Attributes that only the server sets; never sent.</param>
public sealed record ResourceKind<T>(
    string Path, string Member, string Collection, JsonTypeInfo<T> Json, bool Bulk, params string[] ReadOnly)
    where T : Resource;
