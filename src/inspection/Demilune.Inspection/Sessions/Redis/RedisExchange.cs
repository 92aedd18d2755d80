using System.Text;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Redis;

namespace Demilune.Inspection.Sessions.Redis;

/// <summary>A command and its reply: EVE's <c>redis</c> object.</summary>
internal sealed class RedisExchange : Exchange
{
    /// <summary>Words of a command that are told, and bytes of each: enough to know what was meant, too little to be the data.</summary>
    private const int MaxWords = 16;
    private const int MaxWord = 256;

    private readonly EveText _text = new();
    private readonly KeptText[] _words = [.. Enumerable.Range(0, MaxWords).Select(static _ => new KeptText(MaxWord))];
    private readonly KeptText _reply = new(MaxWord);
    private int _count;
    private bool _isSecret;
    private RespType _replyType;
    private long _replyLength;

    public override string RecordType => "redis";

    /// <summary>In upper case.</summary>
    public KeptText Command => _words[0];

    /// <summary>The beginning of the first word behind it, which mostly is a key.</summary>
    public KeptText FirstArgument => _words[1];

    public override void Clear()
    {
        base.Clear();
        foreach (var word in _words) word.Clear();
        _reply.Clear();
        (_count, _isSecret, _replyType, _replyLength) = (0, false, 0, 0);
    }

    /// <param name="command">In upper case.</param>
    /// <param name="reader">Has the command at hand.</param>
    public void Ask(ReadOnlySpan<byte> command, RespReader reader)
    {
        _count = reader.Elements.Count;
        // A password, or whatever is said about users.
        _isSecret = command.SequenceEqual("AUTH"u8) || command.SequenceEqual("HELLO"u8) || command.SequenceEqual("ACL"u8);
        _words[0].Set(command);
        for (var i = 1; i < Math.Min(_count, MaxWords); i++) _words[i].Set(reader[reader.Elements[i]]);
        if (command.SequenceEqual("CONFIG"u8) && _count > 2 && (Ascii.EqualsIgnoreCase(_words[2].Bytes, "requirepass"u8) || Ascii.EqualsIgnoreCase(_words[2].Bytes, "masterauth"u8))) _isSecret = true;
    }

    /// <param name="reader">Has the reply at hand.</param>
    public void Answer(RespReader reader)
    {
        var first = reader.Elements[0];
        (_replyType, _replyLength) = (first.Type, first.Count);
        if (!first.IsAggregate && first.Count >= 0) _reply.Set(reader[first]);
    }

    public override void Write(Utf8JsonWriter json)
    {
        if (_count > 0)
        {
            json.WriteStartObject("request"u8);
            json.WriteString("command"u8, _text.Of(_words[0].Bytes));
            json.WriteNumber("argument_count"u8, _count - 1);
            if (_count > 1 && !_isSecret) WriteArguments(json);
            json.WriteEndObject();
        }
        if (_replyType == 0) return;
        json.WriteStartObject("response"u8);
        json.WriteString("type"u8, NameOf(_replyType));
        if (_reply.IsThere) json.WriteString("message"u8, _text.Of(_reply.Bytes));
        if (_replyLength >= 0 && _replyType is not (RespType.Simple or RespType.Error or RespType.Integer or RespType.Double or RespType.Boolean)) json.WriteNumber("length"u8, _replyLength);
        json.WriteEndObject();
    }

    private void WriteArguments(Utf8JsonWriter json)
    {
        json.WriteStartArray("arguments"u8);
        for (var i = 1; i < Math.Min(_count, MaxWords); i++) json.WriteStringValue(_text.Of(_words[i].Bytes));
        json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> NameOf(RespType type) => type switch
    {
        RespType.Simple => "simple"u8,
        RespType.Error or RespType.BulkError => "error"u8,
        RespType.Integer => "integer"u8,
        RespType.Bulk => "bulk"u8,
        RespType.Array => "array"u8,
        RespType.Null => "null"u8,
        RespType.Double => "double"u8,
        RespType.Boolean => "boolean"u8,
        RespType.Verbatim => "verbatim"u8,
        RespType.BigNumber => "big_number"u8,
        RespType.Set => "set"u8,
        RespType.Map => "map"u8,
        _ => "push"u8,
    };
}
