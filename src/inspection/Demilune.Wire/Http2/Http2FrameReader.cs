namespace Demilune.Wire.Http2;

/// <summary>Cuts one direction into frames, however the bytes were cut. The content of DATA is given as it comes, everything else whole.</summary>
public sealed class Http2FrameReader(bool isClient)
{
    /// <summary>A frame that is longer cannot be held whole; the default of SETTINGS_MAX_FRAME_SIZE is 16 KiB, and who changes it seldom goes past this.</summary>
    public const int MaxHeld = 256 << 10;

    /// <summary>What a client begins with (RFC 9113 §3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private byte[] _bytes = new byte[64];
    private int _length;
    private int _preface;
    private Http2Frame _frame;
    private bool _hasHeader;
    private int _remaining;
    private int _padding = -1;

    /// <summary>Nothing that follows can be read.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whoever writes here writes between two frames.</summary>
    public bool IsBetweenFrames => !_hasHeader && _length == 0;

    public void Reset() => (_length, _preface, _hasHeader, _remaining, _padding, IsBroken) = (0, 0, false, 0, -1, false);

    /// <summary>Takes bytes until there is something to tell.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="frame">Whose.</param>
    /// <param name="content">The frame's payload, of DATA the next piece of it without padding. Valid until the next call.</param>
    /// <param name="isEnd">The frame is complete with this.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out Http2Frame frame, out ReadOnlySpan<byte> content, out bool isEnd)
    {
        content = default;
        (frame, isEnd) = (_frame, false);
        while (!IsBroken && !bytes.IsEmpty)
        {
            if (isClient && _preface < Preface.Length)
            {
                IsBroken = bytes[0] != Preface[_preface++];
                bytes = bytes[1..];
                continue;
            }
            if (!_hasHeader)
            {
                if (!TryGather(ref bytes, Http2Frame.HeaderLength)) return false;
                frame = _frame = Http2Frame.Read(_bytes);
                (_hasHeader, _length, _remaining, _padding) = (true, 0, _frame.Length, -1);
                if (_frame.Type != Http2FrameType.Data && _remaining > MaxHeld)
                {
                    IsBroken = true;
                    return false;
                }
                if (_remaining == 0) return isEnd = End();
                continue;
            }
            if (_frame.Type == Http2FrameType.Data) return ReadData(ref bytes, out content, out isEnd);
            if (!TryGather(ref bytes, _remaining)) return false;
            content = _bytes.AsSpan(0, _remaining);
            return isEnd = End();
        }
        return false;
    }

    private bool ReadData(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> content, out bool isEnd)
    {
        if (_padding < 0)
        {
            _padding = 0;
            if (_frame.Has(Http2Frame.Padded))
            {
                _padding = bytes[0];
                bytes = bytes[1..];
                _remaining--;
                IsBroken = _padding > _remaining;
            }
        }
        var count = Math.Min(bytes.Length, Math.Max(0, _remaining - _padding));
        content = bytes[..count];
        bytes = bytes[count..];
        _remaining -= count;
        var skipped = _remaining <= _padding ? Math.Min(bytes.Length, _remaining) : 0;
        bytes = bytes[skipped..];
        _remaining -= skipped;
        isEnd = _remaining == 0 && End();
        return !IsBroken;
    }

    private bool End()
    {
        (_hasHeader, _length) = (false, 0);
        return true;
    }

    private bool TryGather(ref ReadOnlySpan<byte> bytes, int wanted)
    {
        if (_bytes.Length < wanted) Array.Resize(ref _bytes, Math.Max(wanted, _bytes.Length * 2));
        var count = Math.Min(bytes.Length, wanted - _length);
        bytes[..count].CopyTo(_bytes.AsSpan(_length));
        bytes = bytes[count..];
        _length += count;
        return _length == wanted;
    }
}
