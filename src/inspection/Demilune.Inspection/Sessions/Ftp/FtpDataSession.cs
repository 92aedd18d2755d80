using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>A data connection: one file, and one transaction.</summary>
internal sealed class FtpDataSession(InspectorOptions options, SegmentPool pool, Detector detector)
    : IProtocolSession, ITransaction, IMessageBuffers, IRecordFields
{
    private readonly FileTracker _files = new(options, pool, detector);
    private readonly PendingSignatures _pending = new();
    private readonly EveText _text = new();
    private FtpTransfer? _transfer;
    private TrackedFile? _file;
    private bool _isTold;
    private bool _hasOffered;

    public int Number => 0;
    public string RecordType => "ftp_data";
    public IRecordFields Record => this;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _files.Begin(rules);
        (_transfer, _isTold, _hasOffered) = (null, false, false);
    }

    public void Expect(object details) => _transfer = details as FtpTransfer;

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_transfer is not { } transfer) return;
        if (!_hasOffered)
        {
            _hasOffered = true;
            OfferCommand(from.Other());
            OfferCommand(from);
        }
        if (from != transfer.Sender) return;
        _file ??= _files.Open(from, transfer.FileName, this, _pending, this);
        _files.Append(_file, bytes);
    }

    public void Close(Side from)
    {
        if (_transfer is not { } transfer || from != transfer.Sender) return;
        if (_file is not null) _files.Close(_file, FileState.Closed);
        _file = null;
        if (_isTold || !options.LogTransactions) return;
        _isTold = true;
        detector.Scope.TellRecord(RecordType, Number, this);
    }

    public void Clear()
    {
        if (_file is not null) _files.Forget(_file);
        (_file, _transfer) = (null, null);
        _pending.Clear();
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => this;

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (id != BufferId.FtpdataCommand || instance > 0 || _transfer is not { } transfer) return false;
        view = new(transfer.IsStore ? "stor"u8 : "retr"u8);
        return true;
    }

    public void Write(Utf8JsonWriter json)
    {
        if (_transfer is not { } transfer) return;
        json.WriteString("filename"u8, _text.Of(transfer.FileName));
        json.WriteString("command"u8, transfer.IsStore ? "STOR"u8 : "RETR"u8);
    }

    /// <summary>What was asked for is true of both directions.</summary>
    private void OfferCommand(Side facing)
    {
        var scope = detector.Scope;
        var from = scope.From;
        scope.Face(facing);
        TryGet(BufferId.FtpdataCommand, 0, default, out var view);
        detector.Offer(BufferId.FtpdataCommand, view.Bytes);
        detector.Keep(_pending, long.MaxValue);
        detector.Evaluate(_pending, new DetectionBuffers { Message = this }, 0, this);
        scope.Face(from);
    }
}
