using Demilune.Inspection.Detection;
using Demilune.Inspection.Flows;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Ftp;
using Demilune.Wire.Lines;

namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>A control connection. Each command is a transaction, and so is the greeting.</summary>
internal sealed class FtpSession(InspectorOptions options, Detector detector) : IProtocolSession
{
    /// <summary>Bytes of a line, as in Suricata.</summary>
    private const int MaxLine = 4096;

    /// <summary>Commands without a reply: a client that sends so many does not wait for any.</summary>
    private const int MaxOpen = 256;

    /// <summary>Bytes of a file's name.</summary>
    private const int MaxName = 1024;

    private readonly LineReader _commands = new(MaxLine);
    private readonly LineReader _replies = new(MaxLine);
    private readonly List<FtpTransaction> _open = [];
    private readonly Stack<FtpTransaction> _spare = new();

    /// <summary>Captures: whose reply is whose is found out as Suricata does, by deliveries.</summary>
    private readonly bool _isObserved = options.Streams is not null;
    private FtpTransaction? _latest;
    private int _transactions;
    private string? _command;
    private byte[] _request = [];
    private ushort _dataPort;
    private bool _isActive;
    private bool _goesOn;
    private bool _isUnreadable;

    public bool HandsOver { get; private set; }

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _commands.Reset();
        _replies.Reset();
        (_transactions, _dataPort, _isActive, _goesOn, _isUnreadable, HandsOver) = (0, 0, false, false, false, false);
        (_command, _request) = (null, []);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (from == Side.Client)
            while (!HandsOver && !_isUnreadable && _commands.TryRead(ref bytes, out var line)) TakeCommand(line);
        else
            while (!HandsOver && _replies.TryRead(ref bytes, out var line)) TakeReply(line);
        FinishAnswered();
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        foreach (var transaction in _open) Finish(transaction);
        _open.Clear();
    }

    public void Clear()
    {
        foreach (var transaction in _open) Recycle(transaction);
        _open.Clear();
        _latest = null;
    }

    /// <summary>Captures: Suricata reads no further behind a transfer for which no connection was agreed on.</summary>
    public bool IsOver(Side from) => _isUnreadable;

    public IMessageBuffers? Message(Side from) => _latest;

    private void TakeCommand(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return;
        _command = FtpCommand.Of(line);
        if (_command is null && _isObserved) return;
        if (_open.Count == MaxOpen) FinishOldest();
        var transaction = Open(isTold: _command is not null);
        transaction.Command = _command;
        transaction.Request = line.TrimEnd(" \t\r\n"u8).ToArray();
        transaction.IsRequestCut = _commands.IsCut;
        if (_commands.IsCut) detector.Notice("ftp.request_command_too_long", transaction, transaction, transaction.Pending);
        if (_command is null) return;
        var parameter = transaction.Request.AsSpan(Math.Min(transaction.Request.Length, _command.Length + 1));
        switch (_command)
        {
            case "PORT" when FtpAddress.TryReadNumbers(parameter, out var address, out _):
                transaction.IsBounce = detector.Scope.Flow is { } flow && flow.Client.IsV4 && flow.Client != address;
                if (transaction.IsBounce) Offer(transaction, BufferId.FtpBounce);
                break;
            case "RETR" or "STOR" when _dataPort == 0 || parameter.IsEmpty:
                _isUnreadable = _isObserved;
                break;
            case "RETR" or "STOR":
                Announce(_command == "STOR", parameter[..Math.Min(parameter.Length, MaxName)]);
                break;
        }
        if (_command is "PORT" or "EPRT") _request = transaction.Request;
    }

    private void TakeReply(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return;
        if (Awaited() is not { } transaction)
        {
            if (_transactions > 0 && !_isObserved) return;      // to a command that we were not told of
            transaction = Open(isTold: true);
        }
        if (_isObserved && _command is null) transaction.Command = null;
        if (_replies.IsCut)
        {
            transaction.IsReplyCut = true;
            detector.Notice("ftp.response_command_too_long", transaction, transaction, transaction.Pending);
        }
        transaction.AddReply(line);
        var hasCode = line.Length >= 3 && !line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9');
        // RFC 959 §4.2: of several lines the last has the code with a blank behind it. To Suricata each line is a reply.
        _goesOn = !_isObserved && (hasCode && line.Length > 3 ? line[3] == '-' : _goesOn);
        if (_goesOn) return;
        Agree(transaction, line);
        var isPreliminary = hasCode && line[0] == '1' && (!_isObserved || (line.Length > 3 && line[3] is (byte)' ' or >= (byte)'\t' and <= (byte)'\r'));
        transaction.IsAnswered |= !isPreliminary;       // otherwise another reply follows
    }

    /// <summary>Whose reply comes next: the oldest without one, or whoever was answered just now.</summary>
    private FtpTransaction? Awaited()
    {
        foreach (var transaction in _open)
            if (!transaction.IsAnswered) return transaction;
        return _isObserved && _open.Count > 0 ? _open[^1] : null;
    }

    /// <summary>What the two agree on by this reply.</summary>
    private void Agree(FtpTransaction transaction, ReadOnlySpan<byte> reply)
    {
        ushort port = 0;
        var (command, request) = _isObserved ? (_command, _request) : (transaction.Command, transaction.Request);
        var isAgreed = command switch
        {
            "PORT" => FtpAddress.TryReadNumbers(request, out _, out port),
            "EPRT" => FtpAddress.TryReadExtended(request, out port),
            "PASV" => reply.StartsWith("227 "u8) && FtpAddress.TryReadNumbers(reply[4..], out _, out port),
            "EPSV" => reply.StartsWith("229 "u8) && FtpAddress.TryReadExtended(reply, out port),
            _ => false,
        };
        if (command == "AUTH TLS" && reply.StartsWith("234"u8)) HandsOver = detector.Scope.Flush(options);
        if (!isAgreed) return;
        (_dataPort, _isActive) = (port, command is "PORT" or "EPRT");
        (transaction.DataPort, transaction.IsActive) = (port, _isActive);
    }

    private void Announce(bool isStore, ReadOnlySpan<byte> name)
    {
        if (_dataPort == 0 || detector.Scope.Flow is not { } flow) return;
        var sender = isStore == _isActive ? Side.Server : Side.Client;
        detector.Scope.Expectations.Add(flow, _dataPort, new(AppProtocol.FtpData, new FtpTransfer(name.ToArray(), isStore, sender)), detector.Scope.Now);
        (_dataPort, _isActive) = (0, false);
    }

    private FtpTransaction Open(bool isTold)
    {
        var transaction = _spare.TryPop(out var spare) ? spare : new();
        transaction.Clear();
        transaction.IsTold = isTold;
        if (isTold) transaction.Number = _transactions++;
        _open.Add(transaction);
        _latest = transaction;
        return transaction;
    }

    private void Offer(FtpTransaction transaction, BufferId id)
    {
        detector.Offer(id, default);
        detector.Keep(transaction.Pending, long.MaxValue);
        detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
    }

    private void FinishAnswered()
    {
        for (var i = 0; i < _open.Count; i++)
        {
            if (!_open[i].IsAnswered) continue;
            Finish(_open[i]);
            _open.RemoveAt(i--);
        }
    }

    private void FinishOldest()
    {
        Finish(_open[0]);
        _open.RemoveAt(0);
    }

    private void Finish(FtpTransaction transaction)
    {
        if (options.LogTransactions && transaction.IsTold)
            detector.Scope.TellRecord(transaction.RecordType, transaction.Number, transaction);
        Recycle(transaction);
    }

    private void Recycle(FtpTransaction transaction)
    {
        if (_latest == transaction) _latest = null;
        _spare.Push(transaction);
    }
}
