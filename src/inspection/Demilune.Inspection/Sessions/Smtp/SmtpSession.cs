using Demilune.Inspection.Detection;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>A connection over which mail is sent. Each mail is a transaction.</summary>
internal sealed partial class SmtpSession : IProtocolSession
{
    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly FileTracker _files;
    private readonly Commands _commands;
    private readonly Replies _replies;
    private readonly MailReader _mail;
    private readonly SmtpTransaction _transaction = new();
    private bool _hasTransaction;
    private int _transactions;

    public SmtpSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _detector) = (options, detector);
        _files = new(options, pool, detector);
        _mail = new(options, _files, detector);
        _commands = new(this);
        _replies = new(this);
    }

    /// <summary>Both sides go on with TLS.</summary>
    public bool HandsOver { get; private set; }

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _files.Begin(rules);
        (_hasTransaction, _transactions, HandsOver, _transaction.Hello) = (false, 0, false, []);
        _commands.Begin();
        _replies.Begin();
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (from == Side.Client) _commands.Feed(bytes);
        else _replies.Feed(bytes);
    }

    public void Close(Side from)
    {
        if (from == Side.Client)
        {
            _mail.End(isComplete: false);
            return;
        }
        // Behind the last mail nothing was said but a farewell, and a reset cut it short: nobody misses a record of that.
        var seen = (TcpFlags)(_detector.Scope.Facts.TcpFlags | (byte)(_detector.Scope.Flow?.Connection?.Flags ?? 0));
        var isReset = (seen & TcpFlags.Rst) != 0;
        if (!isReset || _transaction is not { Number: > 0, From: null, HasData: false }) Finish();
    }

    public void Clear()
    {
        _mail.Clear();
        _detector.Closing(_transaction);
        _transaction.Clear();
        _hasTransaction = false;
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers? Message(Side from) => _hasTransaction ? _transaction : null;

    /// <summary>The mail at hand; a new one if the last is done.</summary>
    private void Open()
    {
        if (_hasTransaction && !_transaction.IsDone) return;
        _detector.Closing(_transaction);
        _transaction.Clear();
        _transaction.Number = _transactions++;
        _hasTransaction = true;
        if (_transaction.Hello.Length > 0) Offer(BufferId.SmtpHelo, _transaction.Hello);
    }

    private void Offer(BufferId id, ReadOnlySpan<byte> bytes)
    {
        _detector.Offer(id, bytes);
        _detector.Keep(_transaction.Pending, long.MaxValue);
        _detector.Evaluate(_transaction.Pending, new DetectionBuffers { Message = _transaction }, 0, _transaction);
    }

    private void Notice(string name, bool isAmbiguous = false)
    {
        if (_hasTransaction) _detector.Notice(name, _transaction, _transaction, _transaction.Pending, isAmbiguous);
        else _detector.Notice(name, isAmbiguous: isAmbiguous);
    }

    /// <summary>The mail at hand is complete or given up: tells of it.</summary>
    private void Finish()
    {
        if (!_hasTransaction || _transaction.IsDone) return;
        _transaction.IsDone = true;
        if (!_options.LogTransactions) return;
        _detector.Scope.TellRecord(_transaction.RecordType, _transaction.Number, _transaction.Record);
    }
}
