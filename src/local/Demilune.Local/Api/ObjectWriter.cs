using System.Text.Json.Nodes;
using Demilune.Local.Patches.Apply;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;
using Demilune.Local.Storage;

namespace Demilune.Local.Api;

/// <summary>All writes, from requests and from controllers: the same defaults, the same checks, the same order.</summary>
internal sealed class ObjectWriter(ObjectStore store, TimeProvider time)
{
    /// <summary>Attempts of a write without resourceVersion that others keep overtaking.</summary>
    private const int MaxAttempts = 50;

    /// <summary>Random characters after generateName, and the alphabet: as in Kubernetes, no vowels, so no words.</summary>
    private const int SuffixLength = 5;

    private const string SuffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public ObjectStore Store => store;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <param name="body">Taken over: the caller must not use it afterwards.</param>
    /// <param name="applied">Set when the body is what a server-side apply made: it brings its managedFields.</param>
    public StoredObject Create(ResourceType type, string @namespace, JsonObject body, WriteOptions options, bool applied = false)
    {
        var metadata = Accept(type, @namespace, body, options);
        if (metadata.Text("resourceVersion") is { Length: > 0 }) throw StatusException.BadRequest("resourceVersion should not be set on objects to be created");
        if (type.Namespaced) CheckNamespace(type, @namespace, metadata.Text("name") ?? metadata.Text("generateName") ?? "");
        var generate = metadata.Text("generateName");
        var generated = string.IsNullOrEmpty(metadata.Text("name")) && !string.IsNullOrEmpty(generate);
        for (var attempt = 1; ; attempt++)
        {
            if (generated) metadata["name"] = generate!.Length > 58 ? generate[..58] + Suffix() : generate + Suffix();
            var next = body.DeepClone().AsObject();
            PrepareNew(type, next);
            type.Rules.Default(next, null, store.Current);
            if (type.IsCustom) DefaultCustom(type, next);
            Check(type, next, null);
            if (!applied) ManagedFields.Update(next, null, type, options, Now);
            var name = new ObjectName(@namespace, next.Text("metadata", "name")!);
            if (store.Current.Find(type.Storage, name) is not null)
            {
                if (generated && attempt < 8) continue;
                throw StatusException.AlreadyExists(type.GroupResource, name.Name);
            }
            if (options.DryRun) return Unwritten(type, name, next);
            Versions.ToStored(next, type);
            if (store.TryWrite(type.Storage, name, next, expected: 0) is { } written) return written;
            if (!generated) throw StatusException.AlreadyExists(type.GroupResource, name.Name);
        }
    }

    /// <summary>Reads, lets <paramref name="change"/> say what the object shall be, checks and writes; again when somebody was faster.</summary>
    /// <param name="change">Gets a copy of its own, in the type's version; called once per attempt.</param>
    public StoredObject Update(ResourceType type, ObjectName name, Func<JsonObject, JsonObject> change, WriteOptions options, bool applied = false)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var stored = store.Current.Find(type.Storage, name) ?? throw StatusException.NotFound(type.GroupResource, name.Name);
            var before = Versions.ToRequested(stored.ToNode(), type);
            var next = change(before.DeepClone().AsObject());
            var metadata = Accept(type, name.Namespace, next, options);
            if (metadata.Text("name") is { } said && said != name.Name)
                throw StatusException.BadRequest($"the name of the object ({said}) does not match the name on the URL ({name.Name})");
            if (metadata.Text("uid") is { Length: > 0 } uid && uid != stored.Uid)
                throw StatusException.Conflict(type.GroupResource, name.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
            if (metadata.Text("resourceVersion") is { Length: > 0 } revision && revision != stored.Root.Text("metadata", "resourceVersion"))
                throw StatusException.Modified(type.GroupResource, name.Name);

            KeepSystemFields(type, next, before, options);
            type.Rules.Default(next, before, store.Current);
            if (type.IsCustom) DefaultCustom(type, next);
            Check(type, next, before);
            if (type.HasGeneration && options.Subresource is null && AsksForMore(type, next, before))
                next.Child("metadata")["generation"] = (before.Number("metadata", "generation") ?? 0) + 1;
            if (!applied) ManagedFields.Update(next, before, type, options, Now);
            if (SameApartFromTimes(next, before)) return options.DryRun ? Unwritten(type, name, next) : stored;
            if (options.DryRun) return Unwritten(type, name, next);

            // A terminating object whose last holder has let go is gone with this very write.
            var ends = stored.IsTerminating && !next.Items("metadata", "finalizers").Any() && !type.Rules.IsHeld(next) && (next.Number("metadata", "deletionGracePeriodSeconds") ?? 0) is 0;
            Versions.ToStored(next, type);
            var written = ends ? store.TryDelete(type.Storage, name, next, stored.Revision) : store.TryWrite(type.Storage, name, next, stored.Revision);
            if (written is not null) return written;
        }
        throw StatusException.Modified(type.GroupResource, name.Name);
    }

    /// <returns>The object as it is now, and whether it is gone already or only terminating.</returns>
    public (StoredObject Object, bool Gone) Delete(ResourceType type, ObjectName name, DeletionOptions options)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var stored = store.Current.Find(type.Storage, name) ?? throw StatusException.NotFound(type.GroupResource, name.Name);
            if (options.Uid is { Length: > 0 } uid && uid != stored.Uid)
                throw StatusException.Conflict(type.GroupResource, name.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
            if (options.ResourceVersion is { Length: > 0 } revision && revision != stored.Root.Text("metadata", "resourceVersion"))
                throw StatusException.Conflict(type.GroupResource, name.Name, $"Precondition failed: ResourceVersion in precondition: {revision}, ResourceVersion in object meta: {stored.Root.Text("metadata", "resourceVersion")}");
            if (type.Rules.Undeletable(name) is { } why) throw StatusException.Forbidden(type.GroupResource, name.Name, why);

            var next = stored.ToNode();
            var metadata = next.Child("metadata");
            var finalizers = WithPropagation(metadata, options.PropagationPolicy);
            var grace = type.Rules.GraceSeconds(next, options.GracePeriodSeconds);
            var held = finalizers.Count > 0 || type.Rules.IsHeld(next);
            if (grace is 0 && !held)
            {
                if (options.DryRun) return (stored, true);
                if (store.TryDelete(type.Storage, name, next, stored.Revision) is { } gone) return (gone, true);
                continue;
            }
            if (stored.IsTerminating && grace >= (metadata.Number("deletionGracePeriodSeconds") ?? 0) && JsonNode.DeepEquals(next.At("metadata", "finalizers"), stored.ToNode().At("metadata", "finalizers")))
                return (stored, false);     // a second wish can only shorten the grace
            var since = metadata.Text("deletionTimestamp");
            metadata["deletionTimestamp"] = since is not null && grace == (metadata.Number("deletionGracePeriodSeconds") ?? 0) ? since : Now.AddSeconds(grace).Timestamp();
            metadata["deletionGracePeriodSeconds"] = grace;
            if (metadata.Number("generation") is { } generation) metadata["generation"] = generation + 1;
            type.Rules.BeginTermination(next);
            if (options.DryRun) return (Unwritten(type, name, next), false);
            if (store.TryWrite(type.Storage, name, next, stored.Revision) is { } terminating) return (terminating, false);
        }
        throw StatusException.Modified(type.GroupResource, name.Name);
    }

    /// <summary>Foreground and Orphan are finalizers that the garbage collector takes off again.</summary>
    private static JsonArray WithPropagation(JsonObject metadata, string? policy)
    {
        var finalizers = metadata["finalizers"]?.DeepClone() as JsonArray ?? [];
        var wanted = policy switch { "Foreground" => "foregroundDeletion", "Orphan" => "orphan", _ => null };
        if (policy is not null)
            foreach (var old in finalizers.Where(f => f.Text() is "foregroundDeletion" or "orphan").ToArray())
                finalizers.Remove(old);
        if (wanted is not null) finalizers.Add(wanted);
        if (finalizers.Count > 0) metadata["finalizers"] = finalizers;
        else metadata.Remove("finalizers");
        return finalizers;
    }

    /// <summary>What every body goes through: right kind, right place, known fields only.</summary>
    private static JsonObject Accept(ResourceType type, string @namespace, JsonObject body, WriteOptions options)
    {
        if (body.Text("kind") is { } kind && kind != type.Kind) throw StatusException.BadRequest($"{kind} in version \"{body.Text("apiVersion")}\" cannot be handled as a {type.Kind}: the kind in the data ({kind}) does not match the expected kind ({type.Kind})");
        if (body.Text("apiVersion") is { } apiVersion && apiVersion != type.ApiVersion)
            throw StatusException.BadRequest($"the API version in the data ({apiVersion}) does not match the expected API version ({type.ApiVersion})");
        body["kind"] = type.Kind;
        body["apiVersion"] = type.ApiVersion;
        if (body["metadata"] is not (JsonObject or null)) throw StatusException.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: metadata must be an object");
        var metadata = body.Child("metadata");
        if (metadata.Text("namespace") is { Length: > 0 } said && said != @namespace)
            throw StatusException.BadRequest(type.Namespaced ? $"the namespace of the provided object does not match the namespace sent on the request" : $"the namespace of the provided object does not match the namespace sent on the request: {type.GroupResource} are cluster-scoped");
        if (type.Namespaced) metadata["namespace"] = @namespace;
        else metadata.Remove("namespace");

        if (type.IsCustom) Pruning.DropNulls(metadata);
        else Pruning.DropNulls(body);
        var unknown = new List<string>();
        Pruning.Prune(body, type.Schema, unknown);
        if (unknown.Count > 0 && options.FieldValidation is "Strict")
            throw StatusException.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: strict decoding error: {string.Join(", ", unknown.Select(field => $"unknown field \"{field}\""))}");
        if (options.FieldValidation is "Warn")
        {
            options.Warnings.Clear();       // a write may take more than one attempt
            options.Warnings.AddRange(unknown.Select(field => $"unknown field \"{field}\""));
        }
        if (!type.IsCustom)
        {
            // A built-in kind that does not decode is a bad request, not an invalid object.
            var types = new Causes();
            SchemaValidation.Validate(body, type.Schema, "", types);
            if (types.Any) throw StatusException.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: {string.Join("; ", types.All.Select(cause => $"{cause.Field}: {cause.Message}"))}");
        }
        return metadata;
    }

    private void CheckNamespace(ResourceType type, string @namespace, string name)
    {
        var found = store.Current.Find("namespaces", "", @namespace) ?? throw StatusException.NotFound("namespaces", @namespace);
        if (found.IsTerminating)
            throw StatusException.Forbidden(type.GroupResource, name, $"unable to create new content in namespace {@namespace} because it is being terminated",
                [new JsonObject { ["reason"] = "NamespaceTerminating", ["message"] = $"namespace {@namespace} is being terminated", ["field"] = "metadata.namespace" }]);
    }

    private void PrepareNew(ResourceType type, JsonObject next)
    {
        var metadata = next.Child("metadata");
        foreach (var system in (string[])["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"]) metadata.Remove(system);
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now.Timestamp();
        if (type.HasGeneration) metadata["generation"] = 1;
        if (type.HasStatus) next.Remove("status");
    }

    private static void KeepSystemFields(ResourceType type, JsonObject next, JsonObject before, WriteOptions options)
    {
        var (metadata, old) = (next.Child("metadata"), before.Child("metadata"));
        var managed = metadata["managedFields"]?.DeepClone();
        if (options.Subresource is "status")
        {
            // Only the status may change here; of the metadata nothing but who owns which field of it.
            var status = next["status"]?.DeepClone();
            next.Clear();
            foreach (var (field, value) in before)
                if (field is not "status") next[field] = value?.DeepClone();
            if (status is not null) next["status"] = status;
            metadata = next.Child("metadata");
            metadata["managedFields"] = managed;
        }
        else if (type.HasStatus && options.Subresource is null)
        {
            if (before["status"] is { } status) next["status"] = status.DeepClone();
            else next.Remove("status");
        }
        foreach (var system in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "generateName", "name"])
        {
            if (old[system] is { } value) metadata[system] = value.DeepClone();
            else metadata.Remove(system);
        }
        metadata.Remove("selfLink");
        if (metadata["managedFields"] is null) metadata.Remove("managedFields");
    }

    private static void DefaultCustom(ResourceType type, JsonObject next)
    {
        Pruning.Default(next, type.Schema);
        Pruning.DropForbiddenNulls(next, type.Schema);
    }

    private static void Check(ResourceType type, JsonObject next, JsonObject? before)
    {
        var causes = new Causes();
        MetadataRules.Validate(type, next, before, causes);
        if (type.IsCustom) SchemaValidation.Validate(next, type.Schema, "", causes);
        if (!causes.Any) type.Rules.Validate(next, before, causes);
        if (causes.Any) throw StatusException.Invalid(type.Group, type.Kind, next.Text("metadata", "name") ?? "", causes.All);
    }

    private static bool AsksForMore(ResourceType type, JsonObject next, JsonObject before)
    {
        var fields = next.Select(entry => entry.Key).Union(before.Select(entry => entry.Key));
        return fields.Any(field => field is not ("metadata" or "apiVersion" or "kind") && !(field is "status" && type.HasStatus) && !JsonNode.DeepEquals(next[field], before[field]));
    }

    private static bool SameApartFromTimes(JsonObject next, JsonObject before)
    {
        static JsonObject Timeless(JsonObject o)
        {
            var copy = o.DeepClone().AsObject();
            foreach (var entry in copy.Items("metadata", "managedFields").OfType<JsonObject>()) entry.Remove("time");
            return copy;
        }
        return JsonNode.DeepEquals(Timeless(next), Timeless(before));
    }

    private StoredObject Unwritten(ResourceType type, ObjectName name, JsonObject next)
    {
        var copy = next.DeepClone().AsObject();
        Versions.ToStored(copy, type);
        return StoredObject.Read(type.Storage, name, store.Current.Revision, JsonText.Bytes(copy));
    }

    private static string Suffix() => System.Security.Cryptography.RandomNumberGenerator.GetString(SuffixAlphabet, SuffixLength);
}
