using System.Text;
using System.Text.Json.Nodes;

namespace Demilune.Local.Protobuf;

internal enum FieldKind { Text, Bytes, Integer, Flag, Message, TextMap, BytesMap, Time, IntOrString }

/// <param name="Repeated">A list in JSON.</param>
internal sealed record Field(string Name, FieldKind Kind, Message? Of = null, bool Repeated = false);

/// <summary>The fields of one message type, by number; reads it into the JSON it stands for. Fields it does not list are passed over.</summary>
internal sealed class Message(params (int Number, Field Field)[] fields)
{
    /// <summary>Messages inside messages; what is listed nests five deep.</summary>
    private const int MaxDepth = 16;

    private readonly Dictionary<int, Field> _fields = fields.ToDictionary(entry => entry.Number, entry => entry.Field);

    /// <exception cref="FormatException">The bytes are no protobuf, or nested too deep.</exception>
    public JsonObject Read(ReadOnlySpan<byte> bytes, int depth = 0)
    {
        if (depth > MaxDepth) throw new FormatException("protobuf: nested too deep");
        var result = new JsonObject();
        var wire = new WireFormat(bytes);
        while (wire.TryRead(out var number, out var value, out var content))
        {
            if (!_fields.TryGetValue(number, out var field)) continue;
            switch (field.Kind)
            {
                case FieldKind.TextMap or FieldKind.BytesMap:
                    var (key, entry) = Entry(content);
                    result.Child(field.Name)[key] = field.Kind is FieldKind.TextMap ? Encoding.UTF8.GetString(entry) : Convert.ToBase64String(entry);
                    break;
                default:
                    var read = Read(field, value, content, depth);
                    if (!field.Repeated) result[field.Name] = read;
                    else if (result[field.Name] is JsonArray list) list.Add(read);
                    else result[field.Name] = new JsonArray(read);
                    break;
            }
        }
        return wire.Failed ? throw new FormatException("protobuf: malformed") : result;
    }

    private static JsonNode? Read(Field field, ulong value, ReadOnlySpan<byte> content, int depth) => field.Kind switch
    {
        FieldKind.Text => Encoding.UTF8.GetString(content),
        FieldKind.Bytes => Convert.ToBase64String(content),
        FieldKind.Integer => (long)value,
        FieldKind.Flag => value is not 0,
        FieldKind.Time => Time(content),
        FieldKind.IntOrString => IntOrString(content),
        _ => field.Of!.Read(content, depth + 1),
    };

    private static (string Key, byte[] Value) Entry(ReadOnlySpan<byte> bytes)
    {
        var (key, entry) = ("", Array.Empty<byte>());
        var wire = new WireFormat(bytes);
        while (wire.TryRead(out var number, out _, out var content))
            if (number is 1) key = Encoding.UTF8.GetString(content);
            else if (number is 2) entry = content.ToArray();
        return (key, entry);
    }

    /// <summary>An empty metav1.Time is "not yet", which JSON says with null.</summary>
    private static JsonNode? Time(ReadOnlySpan<byte> bytes)
    {
        var wire = new WireFormat(bytes);
        while (wire.TryRead(out var number, out var value, out _))
            if (number is 1 && (long)value is > -62_135_596_800 and < 253_402_300_800 and var seconds) return DateTimeOffset.FromUnixTimeSeconds(seconds).Timestamp();
        return null;
    }

    private static JsonNode? IntOrString(ReadOnlySpan<byte> bytes)
    {
        var (isText, number, text) = (false, 0L, "");
        var wire = new WireFormat(bytes);
        while (wire.TryRead(out var field, out var value, out var content))
            switch (field)
            {
                case 1: isText = value is 1; break;
                case 2: number = (int)value; break;
                case 3: text = Encoding.UTF8.GetString(content); break;
            }
        return isText ? text : number;
    }

    public static Field Text(string name) => new(name, FieldKind.Text);
    public static Field Texts(string name) => new(name, FieldKind.Text, Repeated: true);
    public static Field Integer(string name) => new(name, FieldKind.Integer);
    public static Field Flag(string name) => new(name, FieldKind.Flag);
    public static Field Map(string name) => new(name, FieldKind.TextMap);
    public static Field BytesMap(string name) => new(name, FieldKind.BytesMap);
    public static Field One(string name, Message of) => new(name, FieldKind.Message, of);
    public static Field Many(string name, Message of) => new(name, FieldKind.Message, of, Repeated: true);
    public static Field Time(string name) => new(name, FieldKind.Time);
    public static Field Port(string name) => new(name, FieldKind.IntOrString);
}
