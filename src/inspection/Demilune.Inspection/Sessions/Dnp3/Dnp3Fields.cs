using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Dnp3;

namespace Demilune.Inspection.Sessions.Dnp3;

/// <summary>EVE's <c>dnp3</c> object: the fragment with its link header and its objects, point by point.</summary>
/// <param name="isNested">Inside <c>request</c> or <c>response</c>, as in alerts.</param>
internal sealed class Dnp3Fields(bool isNested) : IRecordFields
{
    private const byte UnsolicitedResponse = 130;

    private static readonly string[] s_indications =
    [
        "device_restart", "device_trouble", "local_control", "need_time", "class_3_events", "class_2_events", "class_1_events", "all_stations",
        "reserved_1", "reserved_2", "config_corrupt", "already_executing", "event_buffer_overflow", "parameter_error", "object_unknown", "no_func_code_support",
    ];

    private readonly EveText _text = new();

    public Dnp3Fragment? Fragment { get; set; }

    public void Write(Utf8JsonWriter json)
    {
        if (Fragment is not { } fragment) return;
        if (isNested) json.WriteStartObject(fragment.IsRequest ? "request"u8 : "response"u8);
        json.WriteString("type"u8, fragment.IsRequest ? "request"u8 : fragment.Function == UnsolicitedResponse ? "unsolicited_response"u8 : "response"u8);
        json.WriteStartObject("control"u8);
        json.WriteBoolean("dir"u8, fragment.Link.IsFromMaster);
        json.WriteBoolean("pri"u8, fragment.Link.IsPrimary);
        json.WriteBoolean("fcb"u8, fragment.Link.FrameCount);
        json.WriteBoolean("fcv"u8, fragment.Link.FrameCountValid);
        json.WriteNumber("function_code"u8, fragment.Link.Function);
        json.WriteEndObject();
        json.WriteNumber("src"u8, fragment.Link.Source);
        json.WriteNumber("dst"u8, fragment.Link.Destination);
        WriteApplication(json, fragment);
        if (!fragment.IsRequest) WriteIndications(json, fragment.Indications);
        if (isNested) json.WriteEndObject();
    }

    private void WriteApplication(Utf8JsonWriter json, Dnp3Fragment fragment)
    {
        json.WriteStartObject("application"u8);
        json.WriteStartObject("control"u8);
        json.WriteBoolean("fir"u8, (fragment.Control & 0x80) != 0);
        json.WriteBoolean("fin"u8, (fragment.Control & 0x40) != 0);
        json.WriteBoolean("con"u8, (fragment.Control & 0x20) != 0);
        json.WriteBoolean("uns"u8, (fragment.Control & 0x10) != 0);
        json.WriteNumber("sequence"u8, fragment.Control & 0xf);
        json.WriteEndObject();
        json.WriteNumber("function_code"u8, fragment.Function);
        if (fragment.Objects.Count > 0)
        {
            json.WriteStartArray("objects"u8);
            foreach (var header in fragment.Objects) WriteObject(json, fragment, header);
            json.WriteEndArray();
        }
        json.WriteBoolean("complete"u8, fragment.IsComplete);
        json.WriteEndObject();
    }

    private static void WriteIndications(Utf8JsonWriter json, int indications)
    {
        json.WriteStartObject("iin"u8);
        if (indications != 0)
        {
            json.WriteStartArray("indicators"u8);
            for (var i = 0; i < s_indications.Length; i++)
                if ((indications & 0x8000 >> i) != 0) json.WriteStringValue(s_indications[i]);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private void WriteObject(Utf8JsonWriter json, Dnp3Fragment fragment, Dnp3Object header)
    {
        json.WriteStartObject();
        json.WriteNumber("group"u8, header.Group);
        json.WriteNumber("variation"u8, header.Variation);
        json.WriteNumber("qualifier"u8, header.Qualifier);
        json.WriteNumber("prefix_code"u8, header.PrefixCode);
        json.WriteNumber("range_code"u8, header.RangeCode);
        json.WriteNumber("start"u8, header.Start);
        json.WriteNumber("stop"u8, header.Stop);
        json.WriteNumber("count"u8, header.Count);
        if (header.PointsRead > 0 && Dnp3Layouts.Find(header.Group, header.Variation) is { } layout) WritePoints(json, fragment, header, layout);
        json.WriteEndObject();
    }

    private void WritePoints(Utf8JsonWriter json, Dnp3Fragment fragment, Dnp3Object header, Dnp3Layout layout)
    {
        Span<Dnp3Value> values = stackalloc Dnp3Value[Dnp3PointReader.MaxFields];
        var reader = new Dnp3PointReader(fragment.Bytes, header, layout, values);
        json.WriteStartArray("points"u8);
        for (var i = 0; i < header.PointsRead && reader.TryNext(); i++)
        {
            json.WriteStartObject();
            json.WriteNumber("prefix"u8, reader.Prefix);
            json.WriteNumber("index"u8, reader.Index);
            if (header.HasSizes) json.WriteNumber("size"u8, reader.Prefix);
            for (var field = 0; field < layout.Fields.Length; field++) WriteField(json, layout.Fields[field], values[field], fragment.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteField(Utf8JsonWriter json, Dnp3Field field, Dnp3Value value, ReadOnlySpan<byte> fragment)
    {
        var bytes = fragment.Slice(value.Start, value.Length);
        switch (field.Kind)
        {
            case Dnp3FieldKind.Float: WriteFloat(json, field.Name, field.Width == 4 ? BitConverter.Int32BitsToSingle((int)value.Number) : BitConverter.Int64BitsToDouble(value.Number)); break;
            case Dnp3FieldKind.Text: json.WriteString(field.Name, _text.Of(bytes)); break;
            case Dnp3FieldKind.Text4: json.WriteString(field.Name, _text.Of(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes)); break;
            case Dnp3FieldKind.Bytes: json.WriteBase64String(field.Name, bytes); break;
            case Dnp3FieldKind.Unsigned: json.WriteNumber(field.Name, (ulong)value.Number); break;
            default: json.WriteNumber(field.Name, value.Number); break;
        }
    }

    /// <summary>JSON has no infinities; what is no number is null.</summary>
    private static void WriteFloat(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
