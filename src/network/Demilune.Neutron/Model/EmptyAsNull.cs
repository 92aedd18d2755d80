using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Neutron;

/// <summary>An empty id is written as null, which takes away what was there; null is not written at all.</summary>
internal sealed class EmptyAsNull : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        if (value.Length == 0) writer.WriteNullValue();
        else writer.WriteStringValue(value);
    }
}
