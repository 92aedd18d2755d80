using System.Text.Json.Nodes;
using Demilune.Local.Resources;

namespace Demilune.Local.Api;

/// <summary>Between the stored version of an object and the one a request speaks.</summary>
internal static class Versions
{
    public static JsonObject ToRequested(JsonObject stored, ResourceType type)
    {
        type.FromStored?.Invoke(stored);
        stored["apiVersion"] = type.ApiVersion;
        return stored;
    }

    public static JsonObject ToStored(JsonObject requested, ResourceType type)
    {
        type.ToStored?.Invoke(requested);
        requested["apiVersion"] = type.StoredApiVersion;
        return requested;
    }
}
