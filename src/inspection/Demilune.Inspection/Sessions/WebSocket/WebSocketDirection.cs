using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Wire.Content;
using Demilune.Wire.WebSocket;

namespace Demilune.Inspection.Sessions.WebSocket;

/// <summary>What one side says: messages in pieces, and control frames between these.</summary>
internal sealed class WebSocketDirection(WebSocketSession session, Side side, InspectorOptions options, SegmentPool pool, Detector detector)
    : IMessageBuffers, ITransaction, IRecordFields, IContentSink
{
    private readonly WebSocketReader _reader = new();
    private readonly InspectionWindow _payload = new(options.Http.BodyWindow, pool);
    private readonly PendingSignatures _ofMessage = new(), _ofControl = new();
    private readonly byte[] _control = new byte[WebSocketFrame.MaxControl];
    private readonly byte[] _number = new byte[sizeof(long)];
    private int _controlLength;
    private WebSocketFrame _frame;
    private MessageInflater? _inflater;

    /// <summary>A message has begun and not ended.</summary>
    private bool _isOpen;
    private bool _isCompressed;

    /// <summary>Nothing that comes can be read.</summary>
    public bool IsBroken => _reader.IsBroken;

    public int Number { get; private set; }
    public string RecordType => "websocket";
    public IRecordFields Record => this;

    private PendingSignatures Pending => _frame.IsControl ? _ofControl : _ofMessage;

    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        while (_reader.TryRead(ref bytes, out var frame, out var payload, out var isFirst, out var isLast))
        {
            if (isFirst) Begin(frame);
            if (frame.IsControl) TakeControl(payload, isLast);
            else TakeData(payload, isLast && frame.IsFinal);
            if (isLast && options.LogTransactions) detector.Scope.TellRecord(RecordType, Number, this);
        }
        if (IsBroken) detector.Notice(WebSocketProtocol.InvalidFrame, isAmbiguous: true);
    }

    public void Clear()
    {
        _reader.Reset();
        EndMessage();
        _ofControl.Clear();
        _inflater?.Dispose();
        _inflater = null;
        _frame = default;
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (instance > 0) return false;
        switch (id)
        {
            case BufferId.WebSocketOpcode: return Give(_frame.Opcode, out view);
            case BufferId.WebSocketFlags: return Give(_frame.Flags, out view);
            case BufferId.WebSocketMask: return _frame.Mask is { } mask && Give(mask, out view);
            case BufferId.WebSocketPayload when _frame.IsControl:
                view = new(_control.AsSpan(0, _controlLength));
                return true;
            case BufferId.WebSocketPayload:
                view = _payload.View(piece);
                return true;
            default: return false;
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteBoolean("fin"u8, _frame.IsFinal);
        if (_frame.Mask is { } mask) json.WriteNumber("mask"u8, mask);
        json.WriteString("opcode"u8, _frame.Opcode switch { 0 => "continuation", 1 => "text", 2 => "binary", 8 => "close", 9 => "ping", 10 => "pong", var other => $"unknown-{other}" });
    }

    /// <summary>Some of a message as an application will see it.</summary>
    public void Content(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        var start = _payload.Total;
        _payload.Begin(bytes);
        detector.Offer(BufferId.WebSocketPayload, ref _payload.Tail, bytes);
        detector.Keep(_ofMessage, _payload.Total + InspectionWindow.Overlap);
        detector.Evaluate(_ofMessage, new DetectionBuffers { Message = this, Body = bytes }, start, this);
        _payload.End(bytes);
    }

    public void Failed(ContentFailure failure) =>
        Notice(failure == ContentFailure.Bomb ? WebSocketProtocol.CompressionBomb : WebSocketProtocol.InvalidCompression);

    private void Begin(WebSocketFrame frame)
    {
        // Data in the midst of another message: to us that one ends here.
        var isOutOfPlace = !frame.IsControl && frame.IsContinuation != _isOpen;
        if (isOutOfPlace && _isOpen) EndMessage();
        (_frame, Number) = (frame, session.NextFrame());
        if (frame.IsControl)
        {
            _controlLength = 0;
            _ofControl.Clear();
        }
        else if (!_isOpen)
        {
            (_isOpen, _isCompressed) = (true, frame.IsCompressed);
        }
        foreach (var id in (ReadOnlySpan<BufferId>)[BufferId.WebSocketOpcode, BufferId.WebSocketFlags, BufferId.WebSocketMask])
            if (TryGet(id, 0, default, out var view)) detector.Offer(id, view.Bytes);
        detector.Keep(Pending, long.MaxValue);
        detector.Evaluate(Pending, new DetectionBuffers { Message = this }, 0, this);
        if (frame.IsOdd || isOutOfPlace) Notice(WebSocketProtocol.InvalidFrame);
    }

    private void TakeControl(ReadOnlySpan<byte> payload, bool isEnd)
    {
        var kept = payload[..Math.Min(payload.Length, _control.Length - _controlLength)];
        kept.CopyTo(_control.AsSpan(_controlLength));
        _controlLength += kept.Length;
        if (!isEnd) return;
        detector.Offer(BufferId.WebSocketPayload, _control.AsSpan(0, _controlLength));
        detector.Keep(_ofControl, long.MaxValue);
        detector.Evaluate(_ofControl, new DetectionBuffers { Message = this, Payload = payload }, 0, this);
    }

    private void TakeData(ReadOnlySpan<byte> payload, bool isEnd)
    {
        if (_isCompressed) (_inflater ??= new(options.Http.MaxCompressionRatio)).Feed(payload, isEnd, this);
        else Content(payload);
        if (!isEnd) return;
        _payload.IsComplete = true;
        if (_payload.Total == 0) detector.Offer(BufferId.WebSocketPayload, default);
        detector.Keep(_ofMessage, long.MaxValue);
        detector.Completed(side);
        detector.Evaluate(_ofMessage, new DetectionBuffers { Message = this }, 0, this);
        EndMessage();
    }

    private void EndMessage()
    {
        _payload.Clear();
        _ofMessage.Clear();
        (_isOpen, _isCompressed) = (false, false);
    }

    private void Notice(string name) => detector.Notice(name, this, this, Pending, isAmbiguous: true);

    private bool Give(long number, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return true;
    }
}
