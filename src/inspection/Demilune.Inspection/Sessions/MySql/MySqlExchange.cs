using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.MySql;

namespace Demilune.Inspection.Sessions.MySql;

/// <summary>A greeting and its answer, or a command and what comes back: EVE's <c>mysql</c> object.</summary>
internal sealed class MySqlExchange : Exchange
{
    /// <summary>As much as is held of a message; of the rest, as much as any has.</summary>
    private const int MaxStatement = 64 << 10, MaxName = 512;

    private readonly EveText _text = new();
    private readonly KeptText _plugin = new(MaxName);
    private string? _command;
    private bool _isOk, _asksForEncryption;
    private int _code;
    private long? _changed, _columns;
    private long _rows;

    public override string RecordType => "mysql";

    public KeptText Version { get; } = new(MaxName);
    public KeptText User { get; } = new(MaxName);
    public KeptText Database { get; } = new(MaxName);

    /// <summary>A query, or whatever else a command is about.</summary>
    public KeptText Statement { get; } = new(MaxStatement);
    public KeptText Error { get; } = new(MaxName);

    /// <summary>The name of the client's file that the server asks for.</summary>
    public KeptText File { get; } = new(MaxName);

    /// <summary>Null: it is no command, but the login.</summary>
    public string? Command => _command;
    public bool IsQuery => _command is "query" or "stmt_prepare";

    /// <summary>The server has begun to answer.</summary>
    public bool IsAnswered { get; private set; }

    public override void Clear()
    {
        base.Clear();
        foreach (var text in (ReadOnlySpan<KeptText>)[Version, User, Database, _plugin, Statement, Error, File]) text.Clear();
        (_command, _isOk, _asksForEncryption, _code, _changed, _columns, _rows, IsAnswered) = (null, false, false, 0, null, null, 0, false);
    }

    public void Greet(ReadOnlySpan<byte> version) => Version.Set(version);

    public void Login(in MySqlHello hello)
    {
        _asksForEncryption = hello.AsksForEncryption;
        if (_asksForEncryption) return;
        User.Set(hello.User);
        if (!hello.Database.IsEmpty) Database.Set(hello.Database);
        if (!hello.Plugin.IsEmpty) _plugin.Set(hello.Plugin);
    }

    /// <param name="command">Its name.</param>
    /// <param name="statement">What it is about, if that is a text.</param>
    public void Ask(string command, ReadOnlySpan<byte> statement)
    {
        _command = command;
        if (!statement.IsEmpty) Statement.Set(statement);
    }

    public void Succeed(long? changed)
    {
        (IsAnswered, _isOk) = (true, true);
        if (changed is not null) _changed = changed;
    }

    /// <summary>Rows will follow.</summary>
    public void BeginRows(long columns) => (IsAnswered, _columns) = (true, columns);

    public void AddRow() => _rows++;

    public void AskForFile(ReadOnlySpan<byte> name)
    {
        IsAnswered = true;
        File.Set(name);
    }

    /// <summary>An error packet, behind its first byte.</summary>
    public void Fail(ReadOnlySpan<byte> packet)
    {
        IsAnswered = true;
        if (packet.Length < 2) return;
        _code = BinaryPrimitives.ReadUInt16LittleEndian(packet);
        packet = packet[2..];
        if (packet is [(byte)'#', _, _, _, _, _, ..]) packet = packet[6..];
        Error.Set(packet);
    }

    public override void Write(Utf8JsonWriter json)
    {
        WriteText(json, "version"u8, Version);
        json.WriteStartObject("request"u8);
        if (_command is not null) json.WriteString("command"u8, _command);
        else json.WriteString("command"u8, _asksForEncryption ? "ssl_request"u8 : "login"u8);
        WriteText(json, "user"u8, User);
        WriteText(json, "database"u8, Database);
        WriteText(json, "auth_plugin"u8, _plugin);
        WriteText(json, IsQuery ? "query"u8 : "argument"u8, Statement);
        json.WriteEndObject();
        if (!IsAnswered) return;
        json.WriteStartObject("response"u8);
        json.WriteString("status"u8, Error.IsThere ? "error"u8 : File.IsThere && !_isOk ? "local_infile"u8 : _columns is not null ? "result_set"u8 : "ok"u8);
        if (Error.IsThere) json.WriteNumber("error_code"u8, _code);
        WriteText(json, "error_message"u8, Error);
        WriteText(json, "local_infile"u8, File);
        if (_columns is { } columns)
        {
            json.WriteNumber("columns"u8, columns);
            json.WriteNumber("rows"u8, _rows);
        }
        if (_changed is { } changed) json.WriteNumber("affected_rows"u8, changed);
        json.WriteEndObject();
    }

    private void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, KeptText text)
    {
        if (text.IsThere) json.WriteString(name, _text.Of(text.Bytes));
    }
}
