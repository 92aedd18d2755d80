using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Resources;
using Demilune.Local.Storage;
using Demilune.Local.Tables;

namespace Demilune.Local.Api;

/// <summary>The shape a client asked for in its Accept header: whole objects, tables for kubectl, or metadata only.</summary>
internal enum AnswerShape { Objects, Table, Metadata }

/// <summary>Writes objects, lists and statuses in the shape asked for.</summary>
internal static class Answer
{
    public static AnswerShape Shape(HttpRequest request)
    {
        foreach (var offer in request.Headers.Accept.SelectMany(header => (header ?? "").Split(',')))
        {
            var type = offer.Replace(" ", "", StringComparison.Ordinal);
            if (type.Contains("as=Table", StringComparison.Ordinal) && type.Contains("v=v1;", StringComparison.Ordinal) | type.EndsWith("v=v1", StringComparison.Ordinal)) return AnswerShape.Table;
            if (type.Contains("as=PartialObjectMetadata", StringComparison.Ordinal) && type.Contains("json", StringComparison.Ordinal)) return AnswerShape.Metadata;
            if (type is "application/json" or "*/*" or "application/*" || type.StartsWith("application/json;", StringComparison.Ordinal) && !type.Contains("as=", StringComparison.Ordinal)) return AnswerShape.Objects;
        }
        return AnswerShape.Objects;
    }

    public static async Task JsonAsync(HttpResponse response, JsonNode body, int code = 200)
    {
        var bytes = JsonText.Bytes(body);
        response.StatusCode = code;
        response.ContentType = "application/json";
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes);
    }

    public static async Task ObjectAsync(HttpContext http, ResourceType type, StoredObject stored, DateTimeOffset now, WriteOptions? options = null, int code = 200)
    {
        AddWarnings(http.Response, options);
        http.Response.StatusCode = code;
        await WriteAsync(http.Response, writer => WriteObject(writer, type, stored, Shape(http.Request), now, Include(http.Request)));
    }

    public static void AddWarnings(HttpResponse response, WriteOptions? options)
    {
        // RFC 7234 §5.5: 299 is a miscellaneous warning; quotes inside the text are escaped.
        foreach (var warning in options?.Warnings ?? [])
            response.Headers.Append("Warning", $"299 - \"{new string([.. warning.Where(c => c is >= ' ' and < '\x7f')]).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
    }

    /// <param name="continueToken">Where the next chunk begins; null: this is all.</param>
    public static Task ListAsync(HttpContext http, ResourceType type, IReadOnlyList<StoredObject> items, long revision, string? continueToken, long? remaining, DateTimeOffset now) =>
        WriteAsync(http.Response, writer =>
        {
            var shape = Shape(http.Request);
            var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
            if (continueToken is not null) metadata["continue"] = continueToken;
            if (remaining is not null) metadata["remainingItemCount"] = remaining;
            if (shape is AnswerShape.Table)
            {
                WriteTable(writer, type, items, metadata, now, Include(http.Request), withColumns: true);
                return;
            }
            writer.WriteStartObject();
            writer.WriteString("kind", shape is AnswerShape.Metadata ? "PartialObjectMetadataList" : type.ListKind);
            writer.WriteString("apiVersion", shape is AnswerShape.Metadata ? "meta.k8s.io/v1" : type.ApiVersion);
            writer.WritePropertyName("metadata");
            metadata.WriteTo(writer);
            writer.WriteStartArray("items");
            foreach (var item in items) WriteObject(writer, type, item, shape, now, "");
            writer.WriteEndArray();
            writer.WriteEndObject();
        });

    public static void WriteObject(Utf8JsonWriter writer, ResourceType type, StoredObject stored, AnswerShape shape, DateTimeOffset now, string include, bool withColumns = true)
    {
        switch (shape)
        {
            case AnswerShape.Table:
                WriteTable(writer, type, [stored], new JsonObject { ["resourceVersion"] = stored.Root.Text("metadata", "resourceVersion") }, now, include, withColumns);
                break;
            case AnswerShape.Metadata:
                WriteMetadata(writer, stored.Root);
                break;
            default:
                if (type.NeedsConversion) Versions.ToRequested(stored.ToNode(), type).WriteTo(writer);
                else writer.WriteRawValue(stored.Utf8, skipInputValidation: true);
                break;
        }
    }

    public static string Include(HttpRequest request) => request.Query["includeObject"].ToString();

    private static void WriteTable(Utf8JsonWriter writer, ResourceType type, IReadOnlyList<StoredObject> items, JsonObject metadata, DateTimeOffset now, string include, bool withColumns)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "Table");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WritePropertyName("metadata");
        metadata.WriteTo(writer);
        writer.WriteStartArray("columnDefinitions");
        if (withColumns)
        {
            WriteColumn(writer, NameColumn);
            foreach (var column in type.Columns) WriteColumn(writer, column);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        foreach (var item in items)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("cells");
            writer.WriteStringValue(item.Name.Name);
            foreach (var column in type.Columns)
                if (column.Cell(item.Root, now) is { } cell) cell.WriteTo(writer);
                else writer.WriteNullValue();
            writer.WriteEndArray();
            if (include is not "None")
            {
                writer.WritePropertyName("object");
                if (include is "Object") WriteObject(writer, type, item, AnswerShape.Objects, now, include);
                else WriteMetadata(writer, item.Root);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static readonly Column NameColumn = new("Name", "string", (_, _) => null, Format: "name", Description: "Name must be unique within a namespace.");

    private static void WriteColumn(Utf8JsonWriter writer, Column column)
    {
        writer.WriteStartObject();
        writer.WriteString("name", column.Name);
        writer.WriteString("type", column.Type);
        writer.WriteString("format", column.Format);
        writer.WriteString("description", column.Description);
        writer.WriteNumber("priority", column.Priority);
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, JsonElement o)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "PartialObjectMetadata");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WritePropertyName("metadata");
        o.GetProperty("metadata").WriteTo(writer);
        writer.WriteEndObject();
    }

    private static async Task WriteAsync(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(response.BodyWriter, JsonText.WriteOptions);
        write(writer);
        await writer.FlushAsync();
    }
}
