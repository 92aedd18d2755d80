using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Api;

/// <summary>Reads request bodies: JSON or YAML, never more than <see cref="MaxBytes"/>.</summary>
internal static class Body
{
    /// <summary>3 MiB, as in Kubernetes: etcd's own limit of 1.5 MiB for the object, with room for a patch around it.</summary>
    public const int MaxBytes = 3 << 20;

    /// <summary>What is read of a body at most, kept or not: who writes a body too large sees why before the connection ends, instead of a reset
    /// while writing. Ten times the limit covers mistakes; more is malice and gets the reset.</summary>
    public const int MaxReadBytes = 10 * MaxBytes;

    public static async Task<JsonObject> ReadObjectAsync(HttpRequest request, CancellationToken cancellation) =>
        await ReadAsync(request, cancellation) as JsonObject ?? throw StatusException.BadRequest("the request body must be an object");

    /// <returns>Null for an empty body.</returns>
    public static async Task<JsonObject?> ReadOptionalObjectAsync(HttpRequest request, CancellationToken cancellation)
    {
        var bytes = await ReadBytesAsync(request, cancellation);
        return bytes.Length is 0 ? null : Parse(bytes, MediaType(request)) as JsonObject ?? throw StatusException.BadRequest("the request body must be an object");
    }

    public static async Task<JsonNode?> ReadAsync(HttpRequest request, CancellationToken cancellation) => Parse(await ReadBytesAsync(request, cancellation), MediaType(request));

    public static async Task<byte[]> ReadBytesAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 << 10];
        long total = 0;
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellation)) > 0)
        {
            total += read;
            if (total <= MaxBytes) buffer.Write(chunk, 0, read);
            else buffer.SetLength(0);
        }
        return total <= MaxBytes ? buffer.ToArray() : throw TooLarge();
    }

    public static StatusException TooLarge() => new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {MaxBytes}");

    public static string MediaType(HttpRequest request) => (request.ContentType ?? "application/json").Split(';')[0].Trim().ToLowerInvariant();

    public static JsonNode? Parse(byte[] bytes, string mediaType)
    {
        try
        {
            if (mediaType.EndsWith("json", StringComparison.Ordinal)) return ParseJson(bytes);
            if (mediaType is Protobuf.Kinds.MediaType) return Protobuf.Kinds.Read(bytes);
            if (mediaType.EndsWith("yaml", StringComparison.Ordinal)) return Yaml.Parse(System.Text.Encoding.UTF8.GetString(bytes));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw StatusException.BadRequest($"the object provided is unrecognized: {e.Message}");
        }
        throw StatusException.UnsupportedMediaType(mediaType, "application/json", "application/yaml");
    }

    private static JsonNode? ParseJson(byte[] bytes)
    {
        if (bytes.Length is 0) throw StatusException.BadRequest("the request body is empty");
        // Else it would be found out when somebody first asks for the text, far from here.
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw StatusException.BadRequest("the request body is not UTF-8");
        return JsonNode.Parse(bytes, documentOptions: JsonText.ReadOptions);
    }
}
