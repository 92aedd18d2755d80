namespace Demilune.Wire.Ldap;

/// <summary>Cuts one direction of LDAP over TCP into messages, however the bytes are cut. Of a large one the beginning is held, the rest goes by.</summary>
public sealed class LdapReader
{
    /// <summary>An entry with a picture has some ten thousand bytes; those of directories that are copied whole have more, which nobody looks for.</summary>
    private const int MaxHeld = 128 << 10;

    /// <summary>The tag and a length of up to four bytes.</summary>
    private const int MaxHeader = 6;

    private const byte Sequence = 0x30;

    private byte[] _bytes = new byte[256];
    private int _length;
    private int _wanted;
    private long _pass;
    private long _beyond;
    private bool _isGiven;

    /// <summary>What should be a message is none; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>No message has begun.</summary>
    public bool IsBetween => _pass == 0 && (_length == 0 || _isGiven);

    public void Reset() => (_length, _wanted, _pass, _beyond, _isGiven, IsBroken) = (0, 0, 0, 0, false, false);

    /// <summary>Takes bytes until a message is complete, or as much of it as is held.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="message">Valid until the next call.</param>
    /// <param name="isCut">It goes on.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> message, out bool isCut)
    {
        message = default;
        isCut = false;
        if (_isGiven) (_length, _wanted, _isGiven) = (0, 0, false);
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_pass > 0)
            {
                var passed = (int)Math.Min(_pass, bytes.Length);
                _pass -= passed;
                bytes = bytes[passed..];
                continue;
            }
            var count = Math.Min(bytes.Length, _wanted == 0 ? 1 : _wanted - _length);
            if (_bytes.Length < _length + count) Array.Resize(ref _bytes, Math.Min(MaxHeld, Math.Max(_length + count, _bytes.Length * 2)));
            bytes[..count].CopyTo(_bytes.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_wanted == 0) Begin();
            if (_wanted == 0 || _length < _wanted) continue;
            message = _bytes.AsSpan(0, _length);
            _pass = _beyond;
            isCut = _pass > 0;
            _isGiven = true;
            return true;
        }
        return false;
    }

    private void Begin()
    {
        IsBroken = _bytes[0] != Sequence || _bytes[1] == 0x80 && _length > 1 || _length == MaxHeader + 1;
        if (IsBroken || _length < 2) return;
        var size = _bytes[1] < 0x80 ? 0 : _bytes[1] & 0x7f;
        IsBroken = size > 4;
        if (IsBroken || _length < 2 + size) return;
        var length = size == 0 ? _bytes[1] : 0L;
        for (var i = 0; i < size; i++) length = length << 8 | _bytes[2 + i];
        var whole = 2 + size + length;
        _wanted = (int)Math.Min(whole, MaxHeld);
        _beyond = whole - _wanted;
    }
}
