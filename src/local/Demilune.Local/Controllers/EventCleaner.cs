using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Forgets Events after an hour, and the oldest when there are too many.</summary>
internal sealed class EventCleaner(ObjectStore store, ObjectWriter writer, Catalog catalog, TimeProvider time, ILogger<EventCleaner> log) : ControllerLoop(store, time, log)
{
    /// <summary>Kubernetes' own default.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Events kept; a crash-looping pod makes about ten a minute.</summary>
    private const int MaxEvents = 5_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string>();

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        var type = catalog.Current.FindKind("", "Event")!;
        var all = cluster.All(type.Storage).Values.OrderBy(e => e.Revision).ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            var last = all[i].Root.Text("lastTimestamp") ?? all[i].Root.Text("eventTime") ?? all[i].Root.Text("metadata", "creationTimestamp");
            var old = DateTimeOffset.TryParse(last, System.Globalization.CultureInfo.InvariantCulture, out var at) && Now - at > Lifetime;
            if (!old && all.Length - i <= MaxEvents) continue;
            try
            {
                writer.Delete(type, all[i].Name, new DeletionOptions { Uid = all[i].Uid });
            }
            catch (StatusException e) when (e.Code is 404 or 409)
            {
                // Gone with its namespace.
            }
        }
        return Interval;
    }
}
