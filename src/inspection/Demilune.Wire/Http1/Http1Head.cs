using System.Text;

namespace Demilune.Wire.Http1;

/// <summary>Start line and fields of a message, in the parser's own memory and used again for the next message.</summary>
public sealed class Http1Head
{
    private byte[] _bytes = new byte[512];
    private Http1Field[] _fields = new Http1Field[16];
    private int _fieldsStart;
    internal Range MethodRange, TargetRange, VersionRange, StatusRange, ReasonRange, LineRange;

    /// <summary>Everything, from the start line to the empty line.</summary>
    public ReadOnlySpan<byte> Raw => _bytes.AsSpan(0, Length);

    /// <summary>The start line without its end.</summary>
    public ReadOnlySpan<byte> Line => Raw[LineRange];
    public ReadOnlySpan<byte> Method => Raw[MethodRange];
    public ReadOnlySpan<byte> Target => Raw[TargetRange];
    public ReadOnlySpan<byte> Version => Raw[VersionRange];
    public ReadOnlySpan<byte> Status => Raw[StatusRange];
    public ReadOnlySpan<byte> Reason => Raw[ReasonRange];

    /// <summary>Field lines as they came, without the empty line.</summary>
    public ReadOnlySpan<byte> FieldLines => Length <= _fieldsStart ? default : Raw[_fieldsStart..FieldsEnd];

    /// <summary>In the order in which they came. Folded lines are joined by spaces (RFC 9112 §5.2).</summary>
    public ReadOnlySpan<Http1Field> Fields => _fields.AsSpan(0, FieldCount);

    /// <summary>Where the parts lie in <see cref="Raw"/>.</summary>
    public int TargetStart => TargetRange.Start.Value;
    public int VersionStart => VersionRange.Start.Value;
    public int StatusStart => StatusRange.Start.Value;
    public int ReasonStart => ReasonRange.Start.Value;
    public int FieldLinesStart => _fieldsStart;

    /// <summary>How the body is framed.</summary>
    public Http1Framing Framing { get; internal set; }

    /// <summary>The status says that there is none, and the fields that there is.</summary>
    internal bool IsBodyDoubtful => StatusCode is (>= 100 and < 200 and not 101) or 204 && Framing is (Http1Framing.Length or Http1Framing.Chunked);

    /// <summary>Bytes of the body when <see cref="Framing"/> is Length.</summary>
    public long ContentLength { get; internal set; }

    /// <summary>Responses: 100 to 999, or 0.</summary>
    public int StatusCode { get; internal set; }

    internal int Length { get; private set; }
    internal int FieldCount { get; private set; }
    internal int FieldsEnd { get; set; }

    public ReadOnlySpan<byte> Name(Http1Field field) => Raw.Slice(field.NameStart, field.NameLength);

    public ReadOnlySpan<byte> Value(Http1Field field) => Raw.Slice(field.ValueStart, field.ValueLength);

    /// <summary>The value of the first field of this name in any case; empty if there is none.</summary>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> name)
    {
        foreach (var field in Fields)
            if (Ascii.EqualsIgnoreCase(Name(field), name)) return Value(field);
        return default;
    }

    /// <summary>All values of a name, found as forgiving clients find it, as one list.</summary>
    /// <param name="name">In lower case.</param>
    public ReadOnlySpan<byte> List(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> list = default;
        foreach (var field in Fields)
        {
            if (!Lenient.AreEqual(Name(field), name)) continue;
            list = list.IsEmpty ? Value(field) : (byte[])[.. list, (byte)',', .. Value(field)];
        }
        return list;
    }

    internal void Clear()
    {
        (Length, FieldCount, _fieldsStart, FieldsEnd, ContentLength, StatusCode) = (0, 0, 0, 0, 0, 0);
        MethodRange = TargetRange = VersionRange = StatusRange = ReasonRange = LineRange = default;
        Framing = Http1Framing.None;
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < Length + bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    internal void ReplaceLineEnds(int start)
    {
        var bytes = _bytes.AsSpan(start, Length - start);
        bytes.Replace((byte)'\r', (byte)' ');
        bytes.Replace((byte)'\n', (byte)' ');
    }

    internal void BeginFieldsAt(int offset) => _fieldsStart = FieldsEnd = offset;

    internal void Add(Http1Field field)
    {
        if (FieldCount == _fields.Length) Array.Resize(ref _fields, FieldCount * 2);
        _fields[FieldCount++] = field;
    }

    /// <summary>The colon that the last line lacked stands on this one, and the value behind it.</summary>
    /// <returns>False if the last line had one.</returns>
    internal bool TryComplete(int valueStart, int valueLength)
    {
        ref var last = ref _fields[FieldCount - 1];
        if (last.HasColon) return false;
        last = last with { NameLength = Raw.Slice(last.NameStart, last.NameLength).TrimEnd(" \t\v\f\r\0"u8).Length, ValueStart = valueStart, ValueLength = valueLength, HasColon = true };
        return true;
    }

    /// <summary>What came before this is no part of the head.</summary>
    internal void RemoveFirst(int count)
    {
        _bytes.AsSpan(count, Length - count).CopyTo(_bytes);
        Length -= count;
    }

    /// <summary>Joins a continuation to the last field: what lies between becomes spaces.</summary>
    internal void Fold(int valueEnd)
    {
        ref var last = ref _fields[FieldCount - 1];
        var between = _bytes.AsSpan(last.ValueStart, valueEnd - last.ValueStart);
        between.Replace((byte)'\r', (byte)' ');
        between.Replace((byte)'\n', (byte)' ');
        last = last with { ValueLength = between.TrimStart((byte)' ').Length, ValueStart = valueEnd - between.TrimStart((byte)' ').Length };
    }
}

/// <summary>Where a field lies in its head.</summary>
public readonly record struct Http1Field(int NameStart, int NameLength, int ValueStart, int ValueLength)
{
    /// <summary>False: the line is a name and nothing else, which is no field.</summary>
    public bool HasColon { get; init; } = true;
}

/// <summary>How a body ends (RFC 9112 §6.3).</summary>
public enum Http1Framing : byte
{
    /// <summary>There is none.</summary>
    None,
    Length,
    Chunked,

    /// <summary>With the connection.</summary>
    Close,

    /// <summary>It is not HTTP any more: an upgrade was accepted, or CONNECT.</summary>
    Tunnel,
}
