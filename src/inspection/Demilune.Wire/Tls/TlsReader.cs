using System.Buffers.Binary;

namespace Demilune.Wire.Tls;

/// <summary>Cuts one direction of a connection into records and handshake messages: the same events however the bytes are cut. SSL 2 is read as far as its hellos.</summary>
public sealed class TlsReader
{
    /// <summary>RFC 5246 §6.2.3: 2^14 and what encryption may add. More is told of, and read, since others may take it.</summary>
    public const int MaxRecord = (16 << 10) + 2048;

    /// <summary>Bytes of a handshake message that are held: more than any client takes of a chain of certificates (OpenSSL 100 KB, Go 256 KB).</summary>
    public const int MaxMessage = 256 << 10;

    /// <summary>Buffers up to this size stay for the next connection.</summary>
    private const int MaxKept = 16 << 10;

    private const int HeaderLength = 5;
    private const int MessageHeader = 4;

    private readonly byte[] _header = new byte[HeaderLength];
    private readonly byte[] _start = new byte[3];
    private byte[] _message = [];
    private int _headerLength;
    private int _startLength;
    private int _messageLength;
    private int _left;
    private int _length;
    private int _skip;
    private bool _isVersion2;
    private bool _hasRecord;

    /// <summary>What follows cannot be read.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Set by whoever follows the handshake: what is still to come of it cannot be read.</summary>
    public bool IsEncrypted { get; set; }

    /// <summary>Ready for another connection.</summary>
    public void Reset()
    {
        (_headerLength, _startLength, _messageLength, _left, _length, _skip) = (0, 0, 0, 0, 0, 0);
        (_isVersion2, _hasRecord, IsBroken, IsEncrypted) = (false, false, false, false);
        if (_message.Length > MaxKept) _message = [];
    }

    public void Feed(ReadOnlySpan<byte> bytes, ITlsEvents events)
    {
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_left > 0)
            {
                var piece = bytes[..Math.Min(_left, bytes.Length)];
                bytes = bytes[piece.Length..];
                _left -= piece.Length;
                Content(piece, events);
                if (_left == 0 && !IsBroken) EndRecord(events);
                continue;
            }
            _header[_headerLength++] = bytes[0];
            bytes = bytes[1..];
            if (_headerLength == HeaderSize) BeginRecord(events);
        }
    }

    private TlsContentType Type => (TlsContentType)_header[0];

    /// <summary>Of SSL 2: two bytes, or three if the first has no top bit and the third counts padding.</summary>
    private int HeaderSize => LooksLikeVersion2 ? (_header[0] & 0x80) != 0 ? 2 : 3 : HeaderLength;

    private bool LooksLikeVersion2 => !_hasRecord && (_header[0] & 0xc0) != 0;

    private void BeginRecord(ITlsEvents events)
    {
        _headerLength = _startLength = 0;
        _isVersion2 = LooksLikeVersion2;
        if (_isVersion2)
        {
            _length = BinaryPrimitives.ReadUInt16BigEndian(_header) & ((_header[0] & 0x80) != 0 ? 0x7fff : 0x3fff);
            _messageLength = 0;
            if (_length == 0) Break(TlsFault.Version2Header, events);
            else events.Record(2);
        }
        else
        {
            if (Type is < TlsContentType.ChangeCipherSpec or > TlsContentType.Heartbeat)
            {
                Break(TlsFault.RecordType, events);
                return;
            }
            _hasRecord = true;
            _length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(3));
            // Empty records of application data are sent against attacks on chaining (OpenSSL), others make no sense (RFC 8446 §5.1).
            if (_header[1] != 3 || (_length == 0 && Type != TlsContentType.ApplicationData))
            {
                Break(TlsFault.RecordHeader, events);
                return;
            }
            events.Record(BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1)));
            if (_length > MaxRecord) events.Fault(TlsFault.RecordLength);
            if (Type == TlsContentType.ApplicationData) events.ApplicationData();
        }
        _left = _length;
        if (_left == 0 && !IsBroken) EndRecord(events);
    }

    private void Content(ReadOnlySpan<byte> piece, ITlsEvents events)
    {
        if (_isVersion2)
        {
            Keep(piece);
            return;
        }
        if (Type == TlsContentType.Handshake && !IsEncrypted)
        {
            Messages(piece, events);
            return;
        }
        var count = Math.Min(piece.Length, _start.Length - _startLength);
        piece[..count].CopyTo(_start.AsSpan(_startLength));
        _startLength += count;
    }

    private void EndRecord(ITlsEvents events)
    {
        if (_isVersion2)
        {
            var message = _message.AsSpan(0, _messageLength);
            _messageLength = 0;
            events.Version2(message[0], message[1..]);
        }
        else if (Type != TlsContentType.Handshake)
        {
            events.Other(Type, _length, _start.AsSpan(0, _startLength));
        }
    }

    private void Messages(ReadOnlySpan<byte> bytes, ITlsEvents events)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                var skipped = Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }
            if (_messageLength < MessageHeader)
            {
                Keep(bytes[..1]);
                bytes = bytes[1..];
                if (_messageLength == MessageHeader) BeginMessage(events);
            }
            else
            {
                var piece = bytes[..Math.Min(bytes.Length, Wanted - _messageLength)];
                bytes = bytes[piece.Length..];
                Keep(piece);
            }
            if (_messageLength < MessageHeader || _messageLength < Wanted) continue;
            var message = _message.AsSpan(MessageHeader, _messageLength - MessageHeader);
            _messageLength = 0;
            events.Handshake((TlsHandshakeType)_message[0], message);
            // It may have been the last that can be read; the rest of the record is as much of a secret as the next.
            if (IsEncrypted) return;
        }
    }

    private void BeginMessage(ITlsEvents events)
    {
        var isKnown = Enum.IsDefined((TlsHandshakeType)_message[0]);
        if (!isKnown) events.Fault(TlsFault.MessageType);
        else if (Wanted > MaxMessage) events.Fault(TlsFault.MessageLength);
        if (isKnown && Wanted <= MaxMessage) return;
        _skip = Wanted - MessageHeader;
        _messageLength = 0;
    }

    /// <summary>Bytes of the message at hand, its header included.</summary>
    private int Wanted => MessageHeader + (_message[1] << 16 | _message[2] << 8 | _message[3]);

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_message.Length < _messageLength + bytes.Length)
            Array.Resize(ref _message, Math.Max(_messageLength + bytes.Length, Math.Clamp(_message.Length * 2, 2048, MaxMessage)));
        bytes.CopyTo(_message.AsSpan(_messageLength));
        _messageLength += bytes.Length;
    }

    private void Break(TlsFault fault, ITlsEvents events)
    {
        IsBroken = true;
        events.Fault(fault);
    }
}
