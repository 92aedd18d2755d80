using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Http2;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>What EVE's <c>http</c> object tells of a stream besides what HTTP/1 has.</summary>
internal sealed class Http2Fields : IRecordFields
{
    private readonly EveText _text = new();
    private readonly EveText _name = new();

    public uint Stream { get; set; }

    /// <summary>By <see cref="Side"/>: the fields each has sent.</summary>
    public HeaderList[] Headers { get; } = [new(), new()];

    /// <summary>By <see cref="Side"/>: sizes of the table that the block of its head asked for.</summary>
    public int[][] SizeUpdates { get; } = [[], []];

    public Http2Frames[] Frames { get; } = [new(), new()];

    public void Clear()
    {
        foreach (var headers in Headers) headers.Clear();
        foreach (var frames in Frames) frames.Clear();
        SizeUpdates[0] = SizeUpdates[1] = [];
    }

    public void Write(Utf8JsonWriter json)
    {
        var length = Headers[1].Find("content-length"u8);
        if (length.IsEmpty) length = Headers[0].Find("content-length"u8);
        if (long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)) json.WriteNumber("length"u8, bytes);
        json.WriteString("version"u8, "2"u8);
        WriteHeaders(json, "request_headers"u8, Headers[0], SizeUpdates[0]);
        WriteHeaders(json, "response_headers"u8, Headers[1], SizeUpdates[1]);
        json.WriteStartObject("http2"u8);
        json.WriteNumber("stream_id"u8, Stream);
        json.WriteStartObject("request"u8);
        Frames[0].Write(json);
        json.WriteEndObject();
        json.WriteStartObject("response"u8);
        Frames[1].Write(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteHeaders(Utf8JsonWriter json, ReadOnlySpan<byte> name, HeaderList headers, int[] sizeUpdates)
    {
        if (headers.Count == 0 && sizeUpdates.Length == 0) return;
        json.WriteStartArray(name);
        foreach (var size in sizeUpdates)
        {
            json.WriteStartObject();
            json.WriteNumber("table_size_update"u8, size);
            json.WriteEndObject();
        }
        for (var i = 0; i < headers.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, _name.Of(headers.Name(i)));
            json.WriteString("value"u8, _text.Of(headers.Value(i)));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
