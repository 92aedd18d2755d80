using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;

namespace Demilune.Local.Patches.Apply;

/// <summary>Who owns which field: metadata.managedFields.</summary>
internal static class ManagedFields
{
    /// <summary>Records a create or update: the writer owns what it set or changed, and what it removed belongs to nobody.</summary>
    public static void Update(JsonObject next, JsonObject? before, ResourceType type, WriteOptions options, DateTimeOffset now)
    {
    }
}
