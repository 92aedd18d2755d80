using System.Buffers.Binary;

namespace Demilune.Wire.Smb;

/// <summary>
/// Reads one direction of an SMB connection piece by piece: NetBIOS' frames, and the messages in them, of which SMB 2 may chain several. Data of reads and
/// writes goes through; everything else is kept until its message is whole. The same events come however the bytes are cut.
/// </summary>
/// <param name="isClient">Whose bytes these are.</param>
public sealed class SmbReader(bool isClient)
{
    /// <summary>Bytes of a message that are kept. SMB 1 has at most 128 KiB; of SMB 2 only data is longer.</summary>
    private const int MaxMessage = 132 << 10;

    private const int Smb2HeaderLength = 64;

    /// <summary>Header and fixed part of the largest message whose data goes through: WRITE has 48 bytes of it, an answer to READ 16.</summary>
    private const int BulkHead = Smb2HeaderLength + 48;

    private const int Read = 8, Write = 9;

    private byte[] _bytes = new byte[1024];
    private int _length;
    private State _state;
    private long _frameLeft;
    private long _dataLeft;
    private long _gapLeft;
    private long _unitLeft;
    private bool _isUnitKnown;

    private enum State : byte { Frame, Unit, Gap, Data, Rest }

    public void Reset() => (_length, _state, _frameLeft, _dataLeft, _gapLeft, _unitLeft, _isUnitKnown) = (0, State.Frame, 0, 0, 0, 0, false);

    public void Feed(ReadOnlySpan<byte> bytes, ISmbEvents events)
    {
        while (!bytes.IsEmpty)
        {
            switch (_state)
            {
                case State.Frame:
                    if (Keep(ref bytes, 4)) BeginFrame();
                    break;
                case State.Unit:
                    FeedUnit(ref bytes, events);
                    break;
                case State.Gap:
                    Pass(ref bytes, ref _gapLeft);
                    if (_gapLeft == 0) _state = State.Data;
                    break;
                case State.Data:
                    var data = Pass(ref bytes, ref _dataLeft);
                    events.Data(data, _dataLeft == 0);
                    if (_dataLeft == 0) _state = State.Rest;
                    break;
                default:
                    Pass(ref bytes, ref _unitLeft);
                    break;
            }
            if (_state == State.Rest && _unitLeft == 0) EndUnit();
        }
    }

    private void BeginFrame()
    {
        // SMB over TCP has 24 bits of length; NetBIOS itself 17. A keep-alive and the like have no message.
        _frameLeft = _bytes[1] << 16 | _bytes[2] << 8 | _bytes[3];
        var isMessage = _bytes[0] == 0;
        _length = 0;
        if (_frameLeft == 0) return;
        if (isMessage) BeginUnit();
        else (_state, _unitLeft, _frameLeft) = (State.Rest, _frameLeft, 0);
    }

    private void BeginUnit() => (_state, _length, _isUnitKnown, _unitLeft) = (State.Unit, 0, false, _frameLeft);

    private void EndUnit()
    {
        if (_frameLeft > 0) BeginUnit();
        else (_state, _length) = (State.Frame, 0);
    }

    /// <summary>One message, up to where its data begins or its end.</summary>
    private void FeedUnit(ref ReadOnlySpan<byte> bytes, ISmbEvents events)
    {
        if (!_isUnitKnown)
        {
            // Enough to see what it is, how long it is, and whether it carries data.
            if (!Keep(ref bytes, (int)Math.Min(_frameLeft, BulkHead))) return;
            _isUnitKnown = true;
            _unitLeft = UnitLength();
            _frameLeft -= _unitLeft;
            if (_unitLeft < _length)
            {
                // The next message of the chain has begun in what is kept already.
                var next = _bytes.AsSpan((int)_unitLeft, _length - (int)_unitLeft).ToArray();
                _length = (int)_unitLeft;
                _unitLeft = 0;
                Tell(events, 0);
                EndUnit();
                ReadOnlySpan<byte> rest = next;
                Feed(rest, events);
                return;
            }
            if (TryBulk(out var dataOffset, out var dataLength))
            {
                BeginData(dataOffset, dataLength, events);
                return;
            }
        }
        var wanted = (int)Math.Min(_unitLeft, MaxMessage);
        if (!Keep(ref bytes, wanted)) return;
        _unitLeft -= wanted;
        Tell(events, 0);
        _state = State.Rest;
    }

    private void BeginData(int offset, long length, ISmbEvents events)
    {
        var head = _length;
        _unitLeft -= head;
        Tell(events, length);
        // What of the data, or of the gap before it, is kept already.
        if (offset < head)
        {
            var kept = (int)Math.Min(head - offset, length);
            if (kept > 0) events.Data(_bytes.AsSpan(offset, kept), kept == length);
            _dataLeft = length - kept;
            _gapLeft = 0;
        }
        else
        {
            (_gapLeft, _dataLeft) = (offset - head, length);
        }
        _unitLeft -= _gapLeft + _dataLeft;
        _state = _dataLeft == 0 ? State.Rest : _gapLeft > 0 ? State.Gap : State.Data;
    }

    /// <summary>Up to the next message of the chain, if there is one; otherwise to the frame's end.</summary>
    private long UnitLength()
    {
        if (_length < Smb2HeaderLength || _bytes[0] != 0xfe) return _frameLeft;
        var next = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(20));
        return next >= Smb2HeaderLength && next < _frameLeft ? next : _frameLeft;
    }

    private bool TryBulk(out int offset, out long length)
    {
        (offset, length) = (0, 0);
        if (_length < Smb2HeaderLength + 16 || !IsSmb2(_bytes)) return false;
        var command = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(12));
        var isAnswer = (_bytes[16] & 1) != 0;
        var body = _bytes.AsSpan(Smb2HeaderLength);
        if (isClient && !isAnswer && command == Write && _length >= BulkHead)
        {
            offset = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
            length = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
            if (offset < BulkHead) offset = BulkHead;
        }
        else if (!isClient && isAnswer && command == Read && BinaryPrimitives.ReadUInt16LittleEndian(body) == 17)
        {
            offset = Math.Max((int)body[2], Smb2HeaderLength + 16);
            length = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
        }
        // A length that says more than there is: what is there, is data.
        length = Math.Min(length, Math.Max(0, _unitLeft - offset));
        return length > 0;
    }

    private void Tell(ISmbEvents events, long dataLength)
    {
        ReadOnlySpan<byte> message = _bytes.AsSpan(0, _length);
        if (message.Length >= Smb2HeaderLength && IsSmb2(message)) events.Message2(message, dataLength);
        else if (message is [0xff, (byte)'S', (byte)'M', (byte)'B', ..] && message.Length >= 32) events.Message1(message);
        else if (message is [0xfd or 0xfc, (byte)'S', (byte)'M', (byte)'B', ..]) events.Opaque();
        else events.Malformed();
    }

    private static bool IsSmb2(ReadOnlySpan<byte> bytes) => bytes is [0xfe, (byte)'S', (byte)'M', (byte)'B', ..];

    private static ReadOnlySpan<byte> Pass(ref ReadOnlySpan<byte> bytes, ref long left)
    {
        var passed = bytes[..(int)Math.Min(bytes.Length, left)];
        bytes = bytes[passed.Length..];
        left -= passed.Length;
        return passed;
    }

    /// <returns>True: so many are kept.</returns>
    private bool Keep(ref ReadOnlySpan<byte> bytes, int wanted)
    {
        var taken = Math.Min(bytes.Length, wanted - _length);
        if (_bytes.Length < _length + taken) Array.Resize(ref _bytes, Math.Min(MaxMessage, Math.Max(_bytes.Length * 2, _length + taken)));
        bytes[..taken].CopyTo(_bytes.AsSpan(_length));
        _length += taken;
        bytes = bytes[taken..];
        return _length == wanted;
    }
}
