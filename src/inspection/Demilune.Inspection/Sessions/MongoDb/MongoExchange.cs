using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.MongoDb;

namespace Demilune.Inspection.Sessions.MongoDb;

/// <summary>A command and its answer: EVE's <c>mongodb</c> object.</summary>
internal sealed class MongoExchange : Exchange
{
    private const int MaxName = 256;

    private readonly EveText _text = new();
    private readonly KeptText _error = new(MaxName);
    private MongoOperation _operation;
    private bool _isCompressed, _isAnswered;
    private int _documents;
    private bool? _isOk;
    private long? _code;

    public override string RecordType => "mongodb";

    public KeptText Command { get; } = new(MaxName);
    public KeptText Database { get; } = new(MaxName);
    public KeptText Collection { get; } = new(MaxName);

    public override void Clear()
    {
        base.Clear();
        foreach (var text in (ReadOnlySpan<KeptText>)[Command, Database, Collection, _error]) text.Clear();
        (_isCompressed, _isAnswered, _documents, _isOk, _code) = (false, false, 0, null, null);
    }

    public void Ask(MongoMessage read, ReadOnlySpan<byte> message, bool isCompressed)
    {
        (_operation, _isCompressed, _documents) = (read.Operation, isCompressed, read.DocumentCount);
        Keep(Command, read.Command(message));
        Keep(Database, read.Database(message));
        Keep(Collection, read.Collection(message));
    }

    public void Answer(MongoMessage read, ReadOnlySpan<byte> message)
    {
        (_isAnswered, _isOk, _code) = (true, read.IsOk, read.ErrorCode);
        Keep(_error, read.Error(message));
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("request"u8);
        json.WriteNumber("id"u8, Key);
        json.WriteString("opcode"u8, _operation switch
        {
            MongoOperation.Message => "msg"u8,
            MongoOperation.Query => "query"u8,
            MongoOperation.Insert => "insert"u8,
            MongoOperation.Update => "update"u8,
            MongoOperation.Delete => "delete"u8,
            MongoOperation.GetMore => "get_more"u8,
            MongoOperation.KillCursors => "kill_cursors"u8,
            _ => "unknown"u8,
        });
        if (_isCompressed) json.WriteBoolean("compressed"u8, true);
        WriteText(json, "command"u8, Command);
        WriteText(json, "database"u8, Database);
        WriteText(json, "collection"u8, Collection);
        json.WriteNumber("documents"u8, _documents);
        json.WriteEndObject();
        if (!_isAnswered) return;
        json.WriteStartObject("response"u8);
        if (_isOk is { } isOk) json.WriteBoolean("ok"u8, isOk);
        if (_code is { } code) json.WriteNumber("error_code"u8, code);
        WriteText(json, "error_message"u8, _error);
        json.WriteEndObject();
    }

    private static void Keep(KeptText text, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty) text.Set(bytes);
    }

    private void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, KeptText text)
    {
        if (text.IsThere) json.WriteString(name, _text.Of(text.Bytes));
    }
}
