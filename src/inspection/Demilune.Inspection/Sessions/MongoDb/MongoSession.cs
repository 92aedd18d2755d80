using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Wire;
using Demilune.Wire.MongoDb;

namespace Demilune.Inspection.Sessions.MongoDb;

/// <summary>One connection. An answer names the message that it answers.</summary>
internal sealed class MongoSession(InspectorOptions options, Detector detector)
    : ExchangeSession<MongoExchange>(options, detector, MaxOpen, MongoProtocol.OfRequest, MongoProtocol.OfResponse)
{
    /// <summary>Commands on their way: drivers wait for each, but for those that they cancel.</summary>
    private const int MaxOpen = 16;

    /// <summary>Of a larger message (48 MB are allowed) the documents behind it are not seen: a document has 16 MB at most, and nearly all have a thousandth of that.</summary>
    private const int MaxHeld = 1 << 20;

    private readonly HeadedReader[] _readers = [new(MongoHeader.Length, MongoHeader.SizeOf, MaxHeld), new(MongoHeader.Length, MongoHeader.SizeOf, MaxHeld)];
    private readonly MongoMessage _read = new();
    private readonly MongoInflater _inflater = new();
    private bool _isCompressed;

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var reader = _readers[(int)from];
        while (reader.TryRead(ref bytes, out var message)) Take(from, MongoHeader.Read(message), message[MongoHeader.Length..], reader.IsCut);
        if (reader.IsBroken) Notice(MongoProtocol.Malformed, isAmbiguous: true);
    }

    public override void Clear()
    {
        base.Clear();
        foreach (var reader in _readers) reader.Reset();
    }

    public override bool IsOver(Side from) => _readers[(int)from].IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (Current is not { } exchange) return false;
        var message = !IsAtHand ? default : _isCompressed ? _inflater.Message : _readers[(int)From].Message[MongoHeader.Length..];
        switch (id)
        {
            case BufferId.MongoCommand: return Give(exchange.Command.Bytes, exchange.Command.IsThere, instance, out view);
            case BufferId.MongoDatabase: return Give(exchange.Database.Bytes, exchange.Database.IsThere, instance, out view);
            case BufferId.MongoCollection: return Give(exchange.Collection.Bytes, exchange.Collection.IsThere, instance, out view);
            case BufferId.MongoKey when IsAtHand && From == Side.Client && instance < _read.KeyCount:
                view = new(_read.Key(message, instance));
                return true;
            case BufferId.MongoDocument when IsAtHand && instance < _read.DocumentCount:
                view = new(_read.Document(message, instance));
                return true;
            case BufferId.MongoError when IsAtHand && From == Side.Server: return Give(_read.Error(message), !_read.Error(message).IsEmpty, instance, out view);
            default: return false;
        }
    }

    private void Take(Side from, MongoHeader header, ReadOnlySpan<byte> message, bool isCut)
    {
        _isCompressed = header.Operation == MongoOperation.Compressed;
        var operation = header.Operation;
        if (_isCompressed)
        {
            if (!_inflater.TryRead(message, MaxHeld) && !isCut)
            {
                _isCompressed = false;
                Notice(MongoProtocol.Unreadable, isAmbiguous: true);
                return;
            }
            operation = _inflater.Operation;
            message = _inflater.Message;
        }
        var isWhole = _read.TryRead(operation, message);
        var exchange = from == Side.Client ? Open(header.Id) : Find(header.ResponseTo);
        if (exchange is null) return;       // the answer to what is told already
        if (from == Side.Client) exchange.Ask(_read, message, _isCompressed);
        else exchange.Answer(_read, message);
        Judge(exchange, from, message);
        if (!isWhole && !isCut && message.Length < MaxHeld - MongoHeader.Length) Notice(MongoProtocol.Malformed, exchange, isAmbiguous: true);
        if (from == Side.Server || _read.IsUnanswered) Finish(exchange);
    }
}
