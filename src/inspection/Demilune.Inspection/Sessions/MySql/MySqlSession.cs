using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.MySql;

namespace Demilune.Inspection.Sessions.MySql;

/// <summary>One connection: the greeting, and then a command at a time.</summary>
internal sealed class MySqlSession(InspectorOptions options, Detector detector)
    : ExchangeSession<MySqlExchange>(options, detector, MaxOpen, MySqlProtocol.OfRequest, MySqlProtocol.OfResponse)
{
    /// <summary>Commands that wait: a client asks for one after the other, some send a few at once.</summary>
    private const int MaxOpen = 16;

    private const byte Quit = 1, InitDb = 2, Query = 3, CreateDb = 5, DropDb = 6, ChangeUser = 0x11, Prepare = 0x16, SendLongData = 0x18, CloseStatement = 0x19;

    /// <summary>A bit of a status: another result follows.</summary>
    private const ushort MoreResults = 8;

    private readonly MySqlReader[] _readers = [new(), new()];
    private readonly MySqlInflater[] _inflaters = [new(), new()];
    private readonly byte[] _name = new byte[64];
    private uint _ofServer, _ofClient;
    private bool _isLoggedIn, _isCompressed, _isUnreadable, _handsOver, _inRows;

    /// <summary>Of a result: columns that are still to be described.</summary>
    private long _columnsLeft;

    /// <summary>The client has asked for TLS.</summary>
    public override bool HandsOver => _handsOver;

    public override int Untaken => _untaken;
    private int _untaken;

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        (_ofServer, _ofClient, _isLoggedIn, _isCompressed, _isUnreadable, _handsOver, _inRows, _columnsLeft, _untaken) = (0, 0, false, false, false, false, false, 0, 0);
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (!_isCompressed) TakePackets(from, ref bytes);
        // What follows the packet that ends the login is compressed already.
        while (_isCompressed && _inflaters[(int)from].TryRead(ref bytes, out var plain)) TakePackets(from, ref plain);
        if (_isCompressed && IsOver(from) && !_isUnreadable) GiveUp();
    }

    public override void Clear()
    {
        base.Clear();
        foreach (var reader in _readers) reader.Reset();
        foreach (var inflater in _inflaters) inflater.Reset();
    }

    public override bool IsOver(Side from) => _isUnreadable || _inflaters[(int)from].IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (Current is not { } exchange) return false;
        switch (id)
        {
            case BufferId.MySqlCommand:
                if (exchange.Command is not { } command) return false;
                return Give(_name.AsSpan(0, Encoding.ASCII.GetBytes(command, _name)), true, instance, out view);
            case BufferId.MySqlQuery: return Give(exchange.Statement.Bytes, exchange.IsQuery, instance, out view);
            case BufferId.MySqlUser: return Give(exchange.User.Bytes, exchange.User.IsThere, instance, out view);
            case BufferId.MySqlDatabase: return Give(exchange.Database.Bytes, exchange.Database.IsThere, instance, out view);
            case BufferId.MySqlVersion: return Give(exchange.Version.Bytes, exchange.Version.IsThere, instance, out view);
            case BufferId.MySqlError: return Give(exchange.Error.Bytes, exchange.Error.IsThere, instance, out view);
            case BufferId.MySqlFile: return Give(exchange.File.Bytes, exchange.File.IsThere, instance, out view);
            default: return false;
        }
    }

    private void TakePackets(Side from, ref ReadOnlySpan<byte> bytes)
    {
        var wasCompressed = _isCompressed;
        while (!_handsOver && _isCompressed == wasCompressed && _readers[(int)from].TryRead(ref bytes, out var sequence, out var message))
        {
            if (from == Side.Client) TakeFromClient(sequence, message);
            else TakeFromServer(sequence, message);
        }
        _untaken = _handsOver ? bytes.Length : 0;
    }

    private void TakeFromClient(byte sequence, ReadOnlySpan<byte> message)
    {
        if (sequence != 0)
        {
            // Behind a request for encryption the client would begin anew; what else is not a command proves who it is, or is a file.
            if (!_isLoggedIn && _ofClient == 0 && MySqlHello.TryRead(message, out var hello)) TakeLogin(in hello);
            return;
        }
        _isLoggedIn = true;
        if (message.IsEmpty) return;
        var command = message[0];
        var exchange = Open();
        exchange.Ask(MySqlProtocol.NameOf(command), command is Query or Prepare or InitDb or CreateDb or DropDb ? StatementOf(command, message[1..]) : default);
        if (command == InitDb) exchange.Database.Set(message[1..]);
        if (command == ChangeUser)
        {
            var rest = message[1..];
            exchange.User.Set(MySqlText.TakeString(ref rest));
        }
        Judge(exchange, Side.Client, message);
        if (command is Quit or CloseStatement or SendLongData) Finish(exchange);
    }

    /// <summary>Some clients say how many parameters a query has before it (CLIENT_QUERY_ATTRIBUTES); those without are plain.</summary>
    private ReadOnlySpan<byte> StatementOf(byte command, ReadOnlySpan<byte> rest) =>
        command == Query && (_ofClient & _ofServer & MySqlHello.QueryAttributes) != 0 && rest is [0, 1, ..] ? rest[2..] : rest;

    private void TakeLogin(in MySqlHello hello)
    {
        _ofClient = hello.Capabilities;
        var exchange = Newest ?? Open();
        exchange.Login(in hello);
        Judge(exchange, Side.Client, default);
        _handsOver = hello.AsksForEncryption;
        if (_handsOver) Finish(exchange);
    }

    private void TakeFromServer(byte sequence, ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty) return;
        if (!_isLoggedIn && sequence == 0 && MySqlHello.TryReadGreeting(message, out var version, out _ofServer))
        {
            var greeting = Newest ?? Open();
            greeting.Greet(version);
            Judge(greeting, Side.Server, message);
            return;
        }
        if (Oldest is not { } exchange) return;        // what follows an answer that is told already
        if (exchange.Command is null) TakeLoginAnswer(exchange, message);
        else if (_inRows) TakeRow(exchange, message);
        else if (!exchange.IsAnswered || exchange.File.IsThere) TakeAnswer(exchange, sequence, message);
    }

    private void TakeLoginAnswer(MySqlExchange exchange, ReadOnlySpan<byte> message)
    {
        if (message[0] == 0) exchange.Succeed(null);
        else if (message[0] == 0xff) exchange.Fail(message[1..]);
        else return;        // another question
        Judge(exchange, Side.Server, message);
        Finish(exchange);
        if (message[0] != 0) return;
        _isLoggedIn = true;
        var both = _ofClient & _ofServer;
        if ((both & MySqlHello.Compresses) != 0) _isCompressed = true;
        else if ((both & MySqlHello.CompressesZstandard) != 0) GiveUp();
    }

    private void TakeAnswer(MySqlExchange exchange, byte sequence, ReadOnlySpan<byte> message)
    {
        // Definitions that follow the answer to a former command count on.
        if (!exchange.File.IsThere && sequence != 1) return;
        var rest = message[1..];
        switch (message[0])
        {
            case 0:
                exchange.Succeed(exchange.Command == "stmt_prepare" ? null : MySqlText.TakeNumber(ref rest));
                MySqlText.TakeNumber(ref rest);
                Judge(exchange, Side.Server, message);
                if (exchange.Command == "stmt_prepare" || rest.Length < 2 || (BinaryPrimitives.ReadUInt16LittleEndian(rest) & MoreResults) == 0) Finish(exchange);
                break;
            case 0xff:
                exchange.Fail(rest);
                Judge(exchange, Side.Server, message);
                Finish(exchange);
                break;
            case 0xfb:
                exchange.AskForFile(rest);
                Judge(exchange, Side.Server, message);
                Notice(MySqlProtocol.AsksForFile, exchange);
                break;
            case 0xfe when message.Length < 9:
                exchange.Succeed(null);
                Judge(exchange, Side.Server, message);
                Finish(exchange);
                break;
            default:
                rest = message;
                if (exchange.Command is not ("query" or "stmt_execute") || MySqlText.TakeNumber(ref rest) is not { } columns)
                {
                    exchange.Succeed(null);
                    Judge(exchange, Side.Server, message);
                    Finish(exchange);
                    break;
                }
                exchange.BeginRows(columns);
                // Their descriptions, and where the client has not asked to leave it out, a packet that ends these.
                (_inRows, _columnsLeft) = (true, columns + ((_ofClient & MySqlHello.LeavesOutEof) != 0 ? 0 : 1));
                Judge(exchange, Side.Server, message);
                break;
        }
    }

    private void TakeRow(MySqlExchange exchange, ReadOnlySpan<byte> message)
    {
        if (message[0] == 0xff)
        {
            exchange.Fail(message[1..]);
            Judge(exchange, Side.Server, message);
        }
        else if (_columnsLeft > 0)
        {
            _columnsLeft--;
            return;
        }
        else if (message[0] != 0xfe || message.Length >= 9)
        {
            // A row that begins with a text of 16 MB or more begins so, too; an end is short.
            exchange.AddRow();
            return;
        }
        _inRows = false;
        Finish(exchange);
    }

    private void GiveUp()
    {
        _isUnreadable = true;
        Notice(MySqlProtocol.Unreadable, isAmbiguous: true);
    }
}
