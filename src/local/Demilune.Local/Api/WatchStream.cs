using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Demilune.Local.Resources;
using Demilune.Local.Selectors;
using Demilune.Local.Storage;

namespace Demilune.Local.Api;

/// <summary>One watch: changes as they happen, as the watcher's selectors see them, with bookmarks in between.</summary>
internal sealed class WatchStream(HttpContext http, ResourceType type, string? @namespace, ObjectStore store, TimeProvider time)
{
    /// <summary>Every minute at the latest a watcher that wants bookmarks learns how far it is, so that its next watch starts there.</summary>
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromSeconds(60);

    /// <summary>Without timeoutSeconds a watch ends after 30 to 60 minutes, spread so that clients do not all come back at once.</summary>
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMinutes(30);

    private readonly LabelSelector _labels = LabelSelector.Parse(http.Request.Query["labelSelector"]);
    private readonly FieldSelector _fields = FieldSelector.Parse(http.Request.Query["fieldSelector"], type);
    private readonly bool _bookmarks = http.Request.Query["allowWatchBookmarks"].ToString() is "true" or "1";
    private readonly AnswerShape _shape = Answer.Shape(http.Request);
    private readonly string _include = Answer.Include(http.Request);
    private bool _columnsSent;

    public string? Name { get; init; }

    public async Task RunAsync()
    {
        var query = http.Request.Query;
        var sendInitial = query["sendInitialEvents"].ToString() is "true";
        if (sendInitial && query["resourceVersionMatch"].ToString() is not "NotOlderThan")
            throw StatusException.BadRequest("sendInitialEvents: Forbidden: sendInitialEvents requires resourceVersionMatch NotOlderThan");
        var asked = ObjectReader.Number(query["resourceVersion"], "resourceVersion");
        var timeout = ObjectReader.Number(query["timeoutSeconds"], "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds)
            : MinTimeout + TimeSpan.FromSeconds(Random.Shared.Next((int)MinTimeout.TotalSeconds));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        ending.CancelAfter(timeout);

        http.Response.ContentType = "application/json";
        // Without a revision, and with 0, a watch first tells what there is.
        var initial = sendInitial || asked is null or 0;
        var snapshot = store.Current;
        using var subscription = store.TrySubscribe(type.Storage, initial ? snapshot.Revision : asked!.Value);
        if (subscription is null)
        {
            await SendErrorAsync(StatusException.Expired($"too old resource version: {asked} ({snapshot.Revision})"));
            return;
        }
        try
        {
            await http.Response.StartAsync(ending.Token);
            if (initial)
            {
                foreach (var stored in snapshot.In(type.Storage, @namespace))
                    if (Sees(stored)) Write("ADDED", stored);
                if (sendInitial && _bookmarks) WriteBookmark(snapshot.Revision, initialEnd: true);
            }
            await http.Response.BodyWriter.FlushAsync(ending.Token);
            await FollowAsync(subscription, Math.Max(asked ?? 0, initial ? snapshot.Revision : 0), ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The client left or its time is up: both are how watches end.
        }
    }

    private async Task FollowAsync(Subscription subscription, long seen, CancellationToken cancellation)
    {
        while (true)
        {
            var wait = subscription.Changes.WaitToReadAsync(cancellation).AsTask();
            if (_bookmarks)
            {
                while (await Task.WhenAny(wait, Task.Delay(BookmarkInterval, time, cancellation)) != wait)
                {
                    cancellation.ThrowIfCancellationRequested();
                    // Nothing queued for this resource: everything up to here has been told.
                    WriteBookmark(Math.Max(seen, Quiet(subscription, seen)), initialEnd: false);
                    await http.Response.BodyWriter.FlushAsync(cancellation);
                }
            }
            if (!await wait) return;
            while (subscription.Changes.TryRead(out var change))
            {
                seen = change.Object.Revision;
                Write(change);
                if (http.Response.BodyWriter.UnflushedBytes > 64 << 10) await http.Response.BodyWriter.FlushAsync(cancellation);
            }
            await http.Response.BodyWriter.FlushAsync(cancellation);
        }
    }

    /// <summary>The revision up to which this watch surely knows everything: read before looking into the queue, or it could overtake a change.</summary>
    private long Quiet(Subscription subscription, long seen)
    {
        var current = store.Current.Revision;
        return subscription.Changes.TryPeek(out _) ? seen : current;
    }

    private bool Sees(StoredObject stored) =>
        (@namespace is null || stored.Name.Namespace == @namespace) && (Name is null || stored.Name.Name == Name) && _labels.Matches(stored.Root) && _fields.Matches(stored.Root);

    /// <summary>For a watcher with a selector, an object that starts to match is added, one that no longer does is deleted.</summary>
    private void Write(Change change)
    {
        var before = change.Before is { } old && Sees(old);
        var after = change.Kind is not ChangeKind.Deleted && Sees(change.Object);
        switch (before, after)
        {
            case (false, true): Write("ADDED", change.Object); break;
            case (true, true): Write("MODIFIED", change.Object); break;
            case (true, false): Write("DELETED", change.Kind is ChangeKind.Deleted ? change.Object : AtRevision(change.Before!, change.Object)); break;
        }
    }

    /// <summary>An object that left the selector is shown as it last matched, at the revision at which it left.</summary>
    private static StoredObject AtRevision(StoredObject last, StoredObject now)
    {
        var node = last.ToNode();
        node.Child("metadata")["resourceVersion"] = now.Root.Text("metadata", "resourceVersion");
        return StoredObject.Read(last.Resource, last.Name, now.Revision, JsonText.Bytes(node));
    }

    private void Write(string kind, StoredObject stored) => Write(kind, writer =>
    {
        Answer.WriteObject(writer, type, stored, _shape, time.GetUtcNow(), _include, !_columnsSent);
        _columnsSent = true;
    });

    private void WriteBookmark(long revision, bool initialEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        if (initialEnd) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        var (kind, version) = _shape switch
        {
            AnswerShape.Table => ("Table", "meta.k8s.io/v1"),
            AnswerShape.Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1"),
            _ => (type.Kind, type.ApiVersion),
        };
        var bookmark = new JsonObject { ["kind"] = kind, ["apiVersion"] = version, ["metadata"] = metadata };
        if (_shape is AnswerShape.Table)
        {
            bookmark["columnDefinitions"] = new JsonArray();
            bookmark["rows"] = new JsonArray(new JsonObject { ["cells"] = new JsonArray(), ["object"] = new JsonObject { ["kind"] = type.Kind, ["apiVersion"] = type.ApiVersion, ["metadata"] = metadata.DeepClone() } });
            metadata.Remove("creationTimestamp");
            metadata.Remove("annotations");
        }
        Write("BOOKMARK", writer => bookmark.WriteTo(writer));
    }

    private async Task SendErrorAsync(StatusException error)
    {
        Write("ERROR", writer => error.ToStatus().WriteTo(writer));
        await http.Response.BodyWriter.FlushAsync();
    }

    private void Write(string kind, Action<Utf8JsonWriter> writeObject)
    {
        var output = http.Response.BodyWriter;
        using (var writer = new Utf8JsonWriter(output, JsonText.WriteOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("type", kind);
            writer.WritePropertyName("object");
            writeObject(writer);
            writer.WriteEndObject();
        }
        output.Write("\n"u8);
    }
}
