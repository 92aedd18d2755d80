using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire;

namespace Demilune.Inspection.Sessions.PostgreSql;

/// <summary>A request and everything that answers it: EVE's <c>pgsql</c> object.</summary>
internal sealed class PgsqlTransaction(bool tellsPasswords) : ITransaction, IRecordFields
{
    /// <summary>Parameters of a start, and states of a session, that are kept: a server tells of thirteen.</summary>
    private const int MaxPairs = 64;

    /// <summary>Bytes of one text that are kept.</summary>
    private const int MaxText = 4096;

    private readonly EveText _text = new();
    private readonly List<(string Name, byte[] Value)> _request = [], _parameters = [], _response = [], _states = [];
    private string? _version;
    private byte[]? _user;
    private uint? _requestProcess, _requestKey, _process, _key;
    private bool? _isSslAccepted;
    private int? _fields;
    private long _rows, _size;

    public int Number { get; set; }
    public string RecordType => "pgsql";
    public IRecordFields Record => this;

    /// <summary>A request has come.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>It was none that we know: what follows it until an answer belongs to it.</summary>
    public bool IsUnknown { get; private set; }

    public void Clear()
    {
        foreach (var list in (List<(string, byte[])>[])[_request, _parameters, _response, _states]) list.Clear();
        (_version, _user, _requestProcess, _requestKey, _process, _key, _isSslAccepted, _fields) = (null, null, null, null, null, null, null, null);
        (_rows, _size, IsOpen, IsUnknown) = (0, 0, false, false);
    }

    public void Open(bool isUnknown = false) => (IsOpen, IsUnknown) = (true, isUnknown);

    public void Ask(string name, ReadOnlySpan<byte> value) => _request.Add((name, Kept(value)));

    public void Cancel(ReadOnlySpan<byte> body)
    {
        Ask("message", "cancel_request"u8);
        if (body.Length < 8) return;
        (_requestProcess, _requestKey) = (BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
    }

    /// <summary>A startup packet.</summary>
    public void Start(int major, int minor, ReadOnlySpan<byte> parameters)
    {
        _version = $"{major}.{minor}";
        while (TryTakeString(ref parameters, out var name) && !name.IsEmpty && TryTakeString(ref parameters, out var value))
        {
            if (name.SequenceEqual("user"u8)) _user = Kept(value);
            else if (_parameters.Count < MaxPairs) _parameters.Add((NameOf(name), Kept(value)));
        }
    }

    public void Answer(string name, ReadOnlySpan<byte> value)
    {
        var index = _response.FindIndex(pair => pair.Name == name);
        if (index >= 0) _response[index] = (name, Kept(value));
        else if (_response.Count < MaxPairs) _response.Add((name, Kept(value)));
    }

    public void AnswerSsl(bool isAccepted) => _isSslAccepted = isAccepted;

    public void State(ReadOnlySpan<byte> body)
    {
        if (TryTakeString(ref body, out var name) && TryTakeString(ref body, out var value) && _states.Count < MaxPairs) _states.Add((NameOf(name), Kept(value)));
    }

    public void Key(ReadOnlySpan<byte> body)
    {
        if (body.Length >= 8) (_process, _key) = (BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
    }

    public void Fields(ReadOnlySpan<byte> body) => _fields = body.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(body);

    /// <summary>One row of an answer.</summary>
    public void Row(ReadOnlySpan<byte> body)
    {
        _rows++;
        var reader = new WireReader(body);
        for (int count = reader.U16(); count > 0 && !reader.Failed; count--)
        {
            var length = (int)reader.U32();
            if (length > 0) _size += reader.Take(length).Length;
        }
    }

    /// <summary>An error or a notice: letters with texts.</summary>
    public void Failure(ReadOnlySpan<byte> body)
    {
        while (body is [not 0, ..])
        {
            var letter = (char)body[0];
            body = body[1..];
            if (!TryTakeString(ref body, out var value)) return;
            if (NameOf(letter) is { } name) Answer(name, value);
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("tx_id"u8, Number + 1);
        json.WriteStartObject("request"u8);
        if (_version is not null)
        {
            json.WriteString("protocol_version"u8, _version);
            json.WriteStartObject("startup_parameters"u8);
            if (_user is not null) json.WriteString("user"u8, _text.Of(_user));
            if (_parameters.Count > 0) WritePairs(json, "optional_parameters"u8, _parameters);
            json.WriteEndObject();
        }
        foreach (var (name, value) in _request)
            if (name != "password" || tellsPasswords) json.WriteString(name, _text.Of(value));
        if (_requestProcess is { } asked) json.WriteNumber("process_id"u8, asked);
        if (_requestKey is { } askedKey) json.WriteNumber("secret_key"u8, askedKey);
        json.WriteEndObject();
        WriteResponse(json);
    }

    private void WriteResponse(Utf8JsonWriter json)
    {
        if (_response.Count + _states.Count == 0 && _isSslAccepted is null && _fields is null && _rows == 0 && _process is null) return;
        json.WriteStartObject("response"u8);
        if (_isSslAccepted is { } isAccepted) json.WriteBoolean("ssl_accepted"u8, isAccepted);
        foreach (var (name, value) in _response) json.WriteString(name, _text.Of(value));
        if (_fields is { } fields) json.WriteNumber("field_count"u8, fields);
        if (_rows > 0)
        {
            json.WriteNumber("data_rows"u8, _rows);
            json.WriteNumber("data_size"u8, _size);
        }
        if (_states.Count > 0) WritePairs(json, "parameter_status"u8, _states);
        if (_process is { } process) json.WriteNumber("process_id"u8, process);
        if (_key is { } key) json.WriteNumber("secret_key"u8, key);
        json.WriteEndObject();
    }

    private void WritePairs(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<(string Name, byte[] Value)> pairs)
    {
        json.WriteStartArray(name);
        foreach (var pair in pairs)
        {
            json.WriteStartObject();
            json.WriteString(pair.Name, _text.Of(pair.Value));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static bool TryTakeString(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> text)
    {
        var end = bytes.IndexOf((byte)0);
        text = end < 0 ? default : bytes[..end];
        bytes = end < 0 ? default : bytes[(end + 1)..];
        return end >= 0;
    }

    private static byte[] Kept(ReadOnlySpan<byte> value) => value[..Math.Min(value.Length, MaxText)].ToArray();

    private static string NameOf(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name[..Math.Min(name.Length, 64)]) switch
    {
        "DateStyle" => "date_style",
        "IntervalStyle" => "interval_style",
        "TimeZone" => "time_zone",
        var other => other,
    };

    private static string? NameOf(char letter) => letter switch
    {
        'S' => "severity_localizable",
        'V' => "severity_non_localizable",
        'C' => "code",
        'M' => "message",
        'D' => "detail",
        'H' => "hint",
        'P' => "position",
        'p' => "internal_position",
        'q' => "internal_query",
        'W' => "where",
        's' => "schema_name",
        't' => "table_name",
        'c' => "column_name",
        'd' => "data_type_name",
        'n' => "constraint_name",
        'F' => "file",
        'L' => "line",
        'R' => "routine",
        _ => null,
    };
}
