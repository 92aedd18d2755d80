namespace Demilune.Wire.MySql;

/// <summary>Cuts one direction of MySQL's protocol into packets, however the bytes are cut ("MySQL Packets" of its internals manual). Packets of one message are joined.</summary>
public sealed class MySqlReader
{
    /// <summary>Of a longer message (a query may have a gigabyte) this much is held; the rest goes by.</summary>
    private const int MaxHeld = 64 << 10;

    private const int HeaderLength = 4;

    /// <summary>A packet of this length is followed by another of the same message.</summary>
    private const int Continued = 0xff_ffff;

    private byte[] _bytes = new byte[256];
    private int _length;
    private int _rest;
    private uint _header;
    private int _headerLength;
    private bool _isContinued;
    private byte _sequence;

    public void Reset() => (_length, _rest, _headerLength, _isContinued, _header) = (0, 0, 0, false, 0);

    /// <summary>Takes bytes until a message is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="sequence">The number of its first packet, by which both sides count from 0 with each command.</param>
    /// <param name="message">What is held of it; valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out byte sequence, out ReadOnlySpan<byte> message)
    {
        sequence = 0;
        message = default;
        while (!bytes.IsEmpty)
        {
            if (_headerLength < HeaderLength)
            {
                _header |= (uint)bytes[0] << (8 * _headerLength++);
                bytes = bytes[1..];
                if (_headerLength < HeaderLength) continue;
                _rest = (int)(_header & Continued);
                if (!_isContinued) (_length, _sequence) = (0, (byte)(_header >> 24));
            }
            var piece = bytes[..Math.Min(bytes.Length, _rest)];
            Keep(piece);
            bytes = bytes[piece.Length..];
            _rest -= piece.Length;
            if (_rest > 0) return false;
            _isContinued = (_header & Continued) == Continued;
            (_header, _headerLength) = (0, 0);
            if (_isContinued) continue;
            sequence = _sequence;
            message = _bytes.AsSpan(0, _length);
            return true;
        }
        return false;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxHeld - _length)];
        if (_bytes.Length < _length + bytes.Length) Array.Resize(ref _bytes, Math.Min(MaxHeld, Math.Max(_length + bytes.Length, _bytes.Length * 2)));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
