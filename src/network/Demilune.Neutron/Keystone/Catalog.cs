using System.Text.Json;

namespace Demilune.Neutron.Keystone;

/// <summary>Where a cloud's services are, as a token's body tells it.</summary>
internal static class Catalog
{
    /// <returns>Neutron's address; null: the catalog has none for this region and interface.</returns>
    public static Uri? FindNetwork(JsonElement token, CloudAccess access)
    {
        if (!token.TryGetProperty("catalog", out var services) || services.ValueKind != JsonValueKind.Array) return null;
        foreach (var service in services.EnumerateArray())
        {
            if (Text(service, "type") is not "network" || !service.TryGetProperty("endpoints", out var endpoints) || endpoints.ValueKind != JsonValueKind.Array) continue;
            foreach (var endpoint in endpoints.EnumerateArray())
                if (Text(endpoint, "interface") == access.Interface
                    && (access.Region is null || Text(endpoint, "region_id") == access.Region || Text(endpoint, "region") == access.Region)
                    && Uri.TryCreate(Text(endpoint, "url"), UriKind.Absolute, out var url)) return url;
        }
        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
