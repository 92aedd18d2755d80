namespace Demilune.Wire;

/// <summary>Cuts one direction of a stream into messages whose header says how long they are, however the bytes were cut.</summary>
/// <param name="headerLength">Bytes from which a message's length can be told.</param>
/// <param name="lengthOf">Tells it.</param>
/// <param name="maxHeld">Of a longer message this much is given; the rest goes by.</param>
public sealed class HeadedReader(int headerLength, HeadedReader.LengthOf lengthOf, int maxHeld = int.MaxValue)
{
    /// <summary>Bytes of a whole message, its header included; less than its header has: it is no header.</summary>
    public delegate int LengthOf(ReadOnlySpan<byte> header);

    private byte[] _bytes = [];
    private int _length;
    private int _wanted;
    private int _pass;
    private int _beyond;
    private bool _isGiven;

    /// <summary>What should be a header is none; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The message that was given last goes on.</summary>
    public bool IsCut => _pass > 0;

    /// <summary>The message that was given last, until the next call.</summary>
    public ReadOnlySpan<byte> Message => _bytes.AsSpan(0, _length);

    /// <summary>No message has begun.</summary>
    public bool IsBetween => _pass == 0 && (_length == 0 || _isGiven);

    public void Reset() => (_length, _wanted, _pass, _beyond, _isGiven, IsBroken) = (0, 0, 0, 0, false, false);

    /// <summary>Takes bytes until a message is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="message">With its header. Valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (_isGiven) (_length, _wanted, _isGiven) = (0, 0, false);
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_pass > 0)
            {
                var passed = Math.Min(_pass, bytes.Length);
                _pass -= passed;
                bytes = bytes[passed..];
                continue;
            }
            var wanted = _length < headerLength ? headerLength : _wanted;
            var count = Math.Min(bytes.Length, wanted - _length);
            if (_bytes.Length < _length + count) Array.Resize(ref _bytes, (int)Math.Min(Math.Max(wanted, 512), Math.Max(_length + count, 2L * Math.Max(_bytes.Length, 512))));
            bytes[..count].CopyTo(_bytes.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_length < headerLength) continue;
            if (_wanted == 0)
            {
                _wanted = lengthOf(_bytes.AsSpan(0, headerLength));
                IsBroken = _wanted < headerLength;
                _beyond = Math.Max(0, _wanted - maxHeld);
                _wanted -= _beyond;
            }
            if (IsBroken || _length < _wanted) continue;
            message = _bytes.AsSpan(0, _length);
            _pass = _beyond;
            _isGiven = true;
            return true;
        }
        return false;
    }

    /// <summary>Bytes are missing: the message that they belong to is lost. What lies behind its end is taken for the next one.</summary>
    public void Skip(long count)
    {
        if (_isGiven) (_length, _wanted, _isGiven) = (0, 0, false);
        _pass = (int)Math.Max(0, (_pass > 0 ? _pass : _wanted - _length) - Math.Min(count, int.MaxValue));
        (_length, _wanted) = (0, 0);
    }
}
