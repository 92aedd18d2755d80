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
    private readonly Queue<FtpTransaction> _open = new();
    private readonly Stack<FtpTransaction> _spare = new();
    private FtpTransaction? _latest;
    private int _transactions;
    private ushort _dataPort;
    private bool _isActive;
    private bool _goesOn;

    public bool HandsOver { get; private set; }

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _commands.Reset();
        _replies.Reset();
        (_transactions, _dataPort, _isActive, _goesOn, HandsOver) = (0, 0, false, false, false);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (from == Side.Client)
            while (!HandsOver && _commands.TryRead(ref bytes, out var line)) TakeCommand(line);
        else
            while (!HandsOver && _replies.TryRead(ref bytes, out var line)) TakeReply(line);
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        while (_open.TryDequeue(out var transaction)) Finish(transaction);
    }

    public void Clear()
    {
        while (_open.TryDequeue(out var transaction)) Recycle(transaction);
        _latest = null;
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers? Message(Side from) => _latest;

    private void TakeCommand(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return;
        if (_open.Count == MaxOpen) Finish(_open.Dequeue());
        var command = FtpCommand.Of(line);
        var transaction = Open(isTold: command is not null);
        transaction.Command = command;
        transaction.Request = line.TrimEnd(" \t\r\n"u8).ToArray();
        transaction.IsRequestCut = _commands.IsCut;
        if (_commands.IsCut) detector.Notice("ftp.request_command_too_long", transaction, transaction, transaction.Pending);
        if (command is null) return;
        var parameter = transaction.Request.AsSpan(Math.Min(transaction.Request.Length, command.Length + 1));
        switch (command)
        {
            case "PORT" when FtpAddress.TryReadNumbers(parameter, out var address, out _):
                transaction.IsBounce = detector.Scope.Flow is { } flow && flow.Client.IsV4 && flow.Client != address;
                if (transaction.IsBounce) Offer(transaction, BufferId.FtpBounce);
                break;
            case "RETR" or "STOR" when !parameter.IsEmpty:
                Announce(command == "STOR", parameter[..Math.Min(parameter.Length, MaxName)]);
                break;
        }
    }

    private void TakeReply(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return;
        if (!_open.TryPeek(out var transaction))
        {
            if (_transactions > 0) return;      // to a command that we were not told of
            transaction = Open(isTold: true);
        }
        if (_replies.IsCut)
        {
            transaction.IsReplyCut = true;
            detector.Notice("ftp.response_command_too_long", transaction, transaction, transaction.Pending);
        }
        transaction.AddReply(line);
        var hasCode = line.Length >= 3 && !line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9');
        // RFC 959 §4.2: of several lines the last has the code with a blank behind it.
        _goesOn = hasCode && line.Length > 3 ? line[3] == '-' : _goesOn;
        if (_goesOn) return;
        Agree(transaction, line);
        if (line[0] == '1' && hasCode) return;       // preliminary: another reply follows
        _open.Dequeue();
        Finish(transaction);
    }

    /// <summary>What the two agree on by this reply.</summary>
    private void Agree(FtpTransaction transaction, ReadOnlySpan<byte> reply)
    {
        ushort port = 0;
        var isAgreed = transaction.Command switch
        {
            "PORT" => FtpAddress.TryReadNumbers(transaction.Request, out _, out port),
            "EPRT" => FtpAddress.TryReadExtended(transaction.Request, out port),
            "PASV" => reply.StartsWith("227 "u8) && FtpAddress.TryReadNumbers(reply[4..], out _, out port),
            "EPSV" => reply.StartsWith("229 "u8) && FtpAddress.TryReadExtended(reply, out port),
            _ => false,
        };
        if (transaction.Command == "AUTH TLS" && reply.StartsWith("234"u8)) HandsOver = true;
        if (!isAgreed) return;
        (_dataPort, _isActive) = (port, transaction.Command is "PORT" or "EPRT");
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
        _open.Enqueue(transaction);
        _latest = transaction;
        return transaction;
    }

    private void Offer(FtpTransaction transaction, BufferId id)
    {
        detector.Offer(id, default);
        detector.Keep(transaction.Pending, long.MaxValue);
        detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
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
