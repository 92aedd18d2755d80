using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Demilune.Local.Resources;
using Demilune.Local.Selectors;
using Demilune.Local.Storage;

namespace Demilune.Local.Api;

/// <summary>get and list: which revision, which objects, which part of them.</summary>
internal sealed class ObjectReader(ObjectStore store)
{
    /// <summary>A revision to come is waited for this long, as Kubernetes' watch cache does.</summary>
    private static readonly TimeSpan FreshnessTimeout = TimeSpan.FromSeconds(3);

    public StoredObject Get(ResourceType type, ObjectName name) =>
        store.Current.Find(type.Storage, name) ?? throw StatusException.NotFound(type.GroupResource, name.Name);

    public async Task ListAsync(HttpContext http, ResourceType type, string? @namespace, DateTimeOffset now)
    {
        var query = http.Request.Query;
        var labels = LabelSelector.Parse(query["labelSelector"]);
        var fields = FieldSelector.Parse(query["fieldSelector"], type);
        var limit = Number(query["limit"], "limit") ?? 0;
        var (snapshot, after) = query["continue"].ToString() is { Length: > 0 } token ? Continue(token) : (await SnapshotAsync(query["resourceVersion"], query["resourceVersionMatch"], http.RequestAborted), null);

        var items = new List<StoredObject>();
        var last = default(ObjectName?);
        var more = false;
        long skipped = 0;
        foreach (var stored in snapshot.In(type.Storage, @namespace))
        {
            if (after is { } start && stored.Name.CompareTo(start) <= 0) continue;
            if (limit > 0 && items.Count == limit)
            {
                more = true;
                skipped++;
                continue;
            }
            last = stored.Name;
            if (labels.Matches(stored.Root) && fields.Matches(stored.Root)) items.Add(stored);
        }
        var next = more ? Token(snapshot.Revision, last!.Value) : null;
        long? remaining = more && labels.IsEverything && fields.IsEverything ? skipped : null;
        await Answer.ListAsync(http, type, items, snapshot.Revision, next, remaining, now);
    }

    public static long? Number(string? text, string parameter)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : throw StatusException.BadRequest($"invalid value for parameter {parameter}: \"{text}\": must be a whole number, 0 or more");
    }

    private async Task<Snapshot> SnapshotAsync(string? resourceVersion, string? match, CancellationToken cancellation)
    {
        var asked = Number(resourceVersion, "resourceVersion");
        if (match is { Length: > 0 } && asked is null) throw StatusException.BadRequest("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (match is { Length: > 0 } and not ("Exact" or "NotOlderThan")) throw StatusException.BadRequest($"resourceVersionMatch: Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\"");
        if (match is "Exact" && asked is 0) throw StatusException.BadRequest("resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        if (asked is { } future && future > store.Current.Revision) await WaitAsync(future, cancellation);
        if (match is not "Exact") return store.Current;
        return store.At(asked!.Value) ?? throw StatusException.Expired($"The resourceVersion for the provided list is too old.");
    }

    private async Task WaitAsync(long revision, CancellationToken cancellation)
    {
        using var subscription = store.TrySubscribe(null, store.Current.Revision);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(FreshnessTimeout);
        try
        {
            while (store.Current.Revision < revision && subscription is not null)
                await subscription.Changes.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new StatusException(504, "Timeout", $"Too large resource version: {revision}, current: {store.Current.Revision}", new JsonObject
            {
                ["retryAfterSeconds"] = 1, ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
            });
        }
    }

    /// <summary>A token names the revision of the first chunk and the last object of this one: later chunks see the same state.</summary>
    private static string Token(long revision, ObjectName last) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{revision.ToString(CultureInfo.InvariantCulture)}\n{last.Namespace}\n{last.Name}"));

    private (Snapshot, ObjectName?) Continue(string token)
    {
        var bytes = new byte[token.Length];
        if (!Convert.TryFromBase64String(token, bytes, out var length) || Encoding.UTF8.GetString(bytes, 0, length).Split('\n') is not [var number, var ns, var name]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
            throw StatusException.BadRequest("continue key is not valid: it is no token of this server");
        var snapshot = store.At(revision) ?? throw StatusException.Expired(
            "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.");
        return (snapshot, new ObjectName(ns, name));
    }
}
