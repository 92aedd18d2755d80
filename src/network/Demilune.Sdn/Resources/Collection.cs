using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>A verb of one resource: changes the draft, or says why not.</summary>
internal delegate ApiAnswer MemberAction(Draft draft, Resource resource, JsonObject body);

/// <summary>A resource of the API, as the request pipeline sees it. The rules of each are in a file of its own.</summary>
internal abstract class Collection
{
    public abstract Type Kind { get; }

    /// <summary>Below /v2.0/: "sfc/port_chains".</summary>
    public abstract string Path { get; }

    /// <summary>"port_chain": in bodies, and the name of its quota.</summary>
    public abstract string Member { get; }

    /// <summary>"port_chains": in bodies.</summary>
    public abstract string Name { get; }

    public abstract bool Bulk { get; }

    /// <summary>With tags, revision and times.</summary>
    public abstract bool Standard { get; }

    public abstract AttributeTable Attributes { get; }

    /// <summary>For what lives below another resource: the collection of that, and the attribute that names it. Null: for nothing else.</summary>
    public virtual (Type Kind, string Attribute)? Parent => null;

    /// <summary>False: the API reaches it by paths of its own.</summary>
    public virtual bool Routed => true;

    /// <summary>What RBAC policies call its objects; null: they are never shared.</summary>
    public virtual string? SharedAs => null;

    /// <summary>Only an administrator may make, change or delete one.</summary>
    public virtual bool AdminWrites => false;

    /// <summary>Whoever would change what is only shared with him is told that it is not there, not that he may not.</summary>
    public virtual bool HidesFromStrangers => false;

    /// <summary>What PUT /{collection}/{id}/{verb} does, by verb.</summary>
    public virtual IReadOnlyDictionary<string, MemberAction> Actions => NoActions;

    private static readonly Dictionary<string, MemberAction> NoActions = [];

    /// <summary>What is wrong with several in one request, beyond what is wrong with one of them.</summary>
    public virtual Fault? TogetherFault(IReadOnlyList<JsonObject> all) => null;

    /// <summary>False: made and deleted, never changed.</summary>
    public virtual bool Updatable => true;

    /// <summary>Of several collections over one kind of record: those of this one.</summary>
    public virtual bool Has(Resource resource) => true;

    public abstract Fault NotFound(string id);

    public abstract Fault? Create(Draft draft, JsonObject attributes, out Resource made);

    public abstract Fault? Update(Draft draft, Resource was, JsonObject changes, out Resource now);

    public abstract Fault? Delete(Draft draft, Resource gone);

    public abstract JsonObject View(NetworkState state, Resource resource);

    /// <summary>Ids that the resource refers to.</summary>
    public abstract IEnumerable<string> References(Resource resource);

    /// <summary>Unique things that the resource holds.</summary>
    public abstract IEnumerable<string> Keys(Resource resource);

    public abstract Resource Read(ReadOnlySpan<byte> json);

    public abstract byte[] Write(Resource resource);
}

/// <inheritdoc/>
internal abstract class Collection<T> : Collection where T : Resource, IResource<T>
{
    public override Type Kind => typeof(T);

    public override string Path => T.Kind.Path;

    public override string Member => T.Kind.Member;

    public override string Name => T.Kind.Collection;

    public override bool Bulk => T.Kind.Bulk;

    public override bool Standard => typeof(T).IsSubclassOf(typeof(StandardResource));

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        attributes["id"] = draft.NewId();
        var wanted = FromAttributes(attributes);
        if (wanted is StandardResource standard)
            wanted = (T)(Resource)(standard with { CreatedAt = draft.Now, UpdatedAt = draft.Now, RevisionNumber = 0, Tags = standard.Tags ?? [] });
        var fault = OnCreate(draft, ref wanted);
        made = wanted;
        if (fault is not null) return fault;
        draft.Put(wanted);
        if (SharedAs is not { } type) return null;
        if (IsTrue(attributes["shared"])) RbacPolicies.Open(draft, type, wanted, RbacPolicies.Shared);
        if (IsTrue(attributes["router:external"])) RbacPolicies.Open(draft, type, wanted, RbacPolicies.External);
        return null;
    }

    public override Fault? Update(Draft draft, Resource was, JsonObject changes, out Resource now)
    {
        var attributes = JsonSerializer.SerializeToNode((T)was, T.Kind.Json)!.AsObject();
        foreach (var (name, value) in changes) attributes[name] = value?.DeepClone();
        var changed = draft.Revised(FromAttributes(attributes));
        var fault = OnUpdate(draft, (T)was, ref changed);
        now = changed;
        if (fault is not null) return fault;
        draft.Put(changed);
        return SharedAs is { } type
            ? Let(draft, type, changed, changes["shared"], RbacPolicies.Shared) ?? Let(draft, type, changed, changes["router:external"], RbacPolicies.External)
            : null;
    }

    public override Fault? Delete(Draft draft, Resource gone)
    {
        if (OnDelete(draft, (T)gone) is { } fault) return fault;
        foreach (var policy in draft.State.Referrers<RbacPolicy>(gone.Id).ToList()) draft.Remove(policy);
        draft.Remove(gone);
        return null;
    }

    /// <summary>Attributes that were never said are null, not absent; inside an attribute they are absent.</summary>
    public override JsonObject View(NetworkState state, Resource resource)
    {
        var view = JsonSerializer.SerializeToNode((T)resource, T.Kind.Json)!.AsObject();
        if (Attributes.Names.Contains("tenant_id")) view["tenant_id"] = resource.ProjectId;
        Complete(state, (T)resource, view);
        foreach (var name in Attributes.Shown) view.TryAdd(name, null);
        foreach (var name in (string[])["created_at", "updated_at"])
            if (view[name] is { } time && time.GetValue<string>() is { Length: > 20 } precise)
                view[name] = precise[..19] + "Z";
        return view;
    }

    public override IEnumerable<string> References(Resource resource) => References((T)resource);

    public override IEnumerable<string> Keys(Resource resource) => Keys((T)resource);

    public override Resource Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, T.Kind.Json) ?? throw new JsonException($"A stored {Member} is null.");

    public override byte[] Write(Resource resource) => JsonSerializer.SerializeToUtf8Bytes((T)resource, T.Kind.Json);

    /// <summary>Judges and completes a resource whose attributes are well-formed.</summary>
    protected abstract Fault? OnCreate(Draft draft, ref T made);

    protected virtual Fault? OnUpdate(Draft draft, T was, ref T now) => null;

    protected virtual Fault? OnDelete(Draft draft, T gone) => null;

    /// <summary>Adds what is derived from other objects.</summary>
    protected virtual void Complete(NetworkState state, T resource, JsonObject view)
    {
    }

    protected virtual IEnumerable<string> References(T resource) => [];

    protected virtual IEnumerable<string> Keys(T resource) => [];

    private static bool IsTrue(JsonNode? value) => value?.GetValueKind() == JsonValueKind.True;

    /// <param name="said">Null: nothing was said.</param>
    private static Fault? Let(Draft draft, string type, Resource resource, JsonNode? said, string action)
    {
        if (IsTrue(said)) RbacPolicies.Open(draft, type, resource, action);
        else if (said is not null) return RbacPolicies.Close(draft, resource, action);
        return null;
    }

    private static T FromAttributes(JsonObject attributes) =>
        attributes.Deserialize(T.Kind.Json) ?? throw new JsonException($"A {T.Kind.Member} is null.");
}
