using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Storage;

namespace Demilune.Local.Resources;

/// <summary>What a kind adds to what all objects have: defaults, validation, grace of deletion. The base adds nothing.</summary>
internal class KindRules
{
    public static KindRules None { get; } = new();

    /// <summary>Fills what the user left out; called before validation, also with the outcome of updates.</summary>
    /// <param name="current">The object as stored, null for a creation.</param>
    /// <param name="cluster">What else exists; for allocations such as clusterIP.</param>
    public virtual void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
    }

    /// <summary>Says what is wrong with <paramref name="next"/>, if it differs from <paramref name="current"/> also where it may not.</summary>
    public virtual void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
    }

    /// <summary>Names may also be what RFC 1123 subdomains are not (RBAC), or must be labels (namespaces, services).</summary>
    public virtual string? InvalidName(string name) => Names.InvalidSubdomain(name);

    /// <summary>Seconds between the wish to delete and the end, for an object whose end somebody else confirms. 0: at once.</summary>
    public virtual long GraceSeconds(JsonObject current, long? requested) => 0;

    /// <summary>Marks an object that begins to terminate.</summary>
    public virtual void BeginTermination(JsonObject next)
    {
    }

    /// <summary>Something other than metadata.finalizers still holds the object (a namespace's content).</summary>
    public virtual bool IsHeld(JsonObject current) => false;

    /// <summary>The object is part of the cluster and stays: the reason, or null.</summary>
    public virtual string? Undeletable(ObjectName name) => null;
}
