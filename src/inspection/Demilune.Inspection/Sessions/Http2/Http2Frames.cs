using System.Text.Json;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>What one side has said about a stream, or about the connection, in frames without content.</summary>
internal sealed class Http2Frames
{
    /// <summary>Settings of one frame that are kept: there are six.</summary>
    private const int MaxSettings = 32;

    private readonly List<(int Id, uint Value)> _settings = [];

    public IReadOnlyList<(int Id, uint Value)> Settings => _settings;
    public bool HasSettings { get; private set; }

    /// <summary>Of GOAWAY or RST_STREAM; null: none.</summary>
    public uint? ErrorCode { get; set; }

    /// <summary>It was RST_STREAM's.</summary>
    public bool IsReset { get; set; }

    /// <summary>Weight; null: none.</summary>
    public byte? Priority { get; set; }

    public bool IsEmpty => !HasSettings && ErrorCode is null && Priority is null;

    public void Add(int id, uint value)
    {
        HasSettings = true;
        if (_settings.Count < MaxSettings) _settings.Add((id, value));
    }

    public void Clear()
    {
        _settings.Clear();
        (HasSettings, ErrorCode, IsReset, Priority) = (false, null, false, null);
    }

    public void Write(Utf8JsonWriter json)
    {
        if (HasSettings)
        {
            json.WriteStartArray("settings"u8);
            foreach (var (id, value) in _settings)
            {
                json.WriteStartObject();
                json.WriteString("settings_id"u8, Http2Names.Setting(id));
                json.WriteNumber("settings_value"u8, value);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (ErrorCode is { } code) json.WriteString("error_code"u8, IsReset ? Http2Names.Reset(code) : Http2Names.Error(code));
        if (Priority is { } weight) json.WriteNumber("priority"u8, weight);
    }
}
