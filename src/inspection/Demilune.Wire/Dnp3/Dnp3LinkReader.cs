namespace Demilune.Wire.Dnp3;

/// <summary>What a link frame was.</summary>
public enum Dnp3FrameOutcome : byte
{
    /// <summary>Whole, with user data.</summary>
    UserData,

    /// <summary>The header's check is wrong.</summary>
    BadLinkCrc,

    /// <summary>A length below that of a header.</summary>
    TooSmall,

    /// <summary>A check of the user data is wrong.</summary>
    BadDataCrc,
}

/// <summary>Cuts one direction into link frames, however the bytes were cut, and takes the checks out.</summary>
/// <remarks>What begins no frame is passed over byte by byte, as devices do (banners, noise): a frame behind it is one for its receiver.</remarks>
public sealed class Dnp3LinkReader
{
    private readonly byte[] _frame = new byte[Dnp3Link.MaxFrameLength];
    private int _length;
    private int _wanted = Dnp3Link.HeaderLength;
    private bool _isLost;

    /// <summary>Ready for another connection.</summary>
    public void Reset() => (_length, _wanted, _isLost) = (0, Dnp3Link.HeaderLength, false);

    /// <summary>Takes bytes until there is something to tell.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="link">The frame's header.</param>
    /// <param name="data">User data without checks. Valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out Dnp3FrameOutcome outcome, out Dnp3Link link, out ReadOnlySpan<byte> data)
    {
        (outcome, link) = (Dnp3FrameOutcome.UserData, default);
        data = default;
        while (!bytes.IsEmpty || _length >= _wanted)
        {
            var count = Math.Min(bytes.Length, Math.Max(_wanted - _length, 0));
            bytes[..count].CopyTo(_frame.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_wanted == Dnp3Link.HeaderLength)
            {
                if (!IsAtStart())
                {
                    PassOver();
                    continue;
                }
                if (_length < _wanted) continue;
                link = Dnp3Link.Read(_frame);
                if (!Dnp3Crc.Holds(_frame.AsSpan(0, Dnp3Link.HeaderLength)) || link.Length < Dnp3Link.CountedLength)
                {
                    var isTooSmall = link.Length < Dnp3Link.CountedLength && Dnp3Crc.Holds(_frame.AsSpan(0, Dnp3Link.HeaderLength));
                    PassOver();
                    if (_isLost) continue;
                    _isLost = true;     // told once, until there is a frame again
                    outcome = isTooSmall ? Dnp3FrameOutcome.TooSmall : Dnp3FrameOutcome.BadLinkCrc;
                    return true;
                }
                _isLost = false;
                _wanted += link.BodyLength;
            }
            if (_length < _wanted) continue;
            link = Dnp3Link.Read(_frame);
            var isWhole = TakeChecksOut(out var length);
            (_length, _wanted) = (0, Dnp3Link.HeaderLength);
            if (!link.HasUserData) continue;
            if (!isWhole) outcome = Dnp3FrameOutcome.BadDataCrc;
            else data = _frame.AsSpan(Dnp3Link.HeaderLength, length);
            return true;
        }
        return false;
    }

    private bool IsAtStart() => _length == 0 || (_frame[0] == 5 && (_length == 1 || _frame[1] == 0x64));

    private void PassOver()
    {
        var start = 1;
        while (start < _length && !(_frame[start] == 5 && (start + 1 == _length || _frame[start + 1] == 0x64))) start++;
        _frame.AsSpan(start, _length - start).CopyTo(_frame);
        _length -= start;
    }

    private bool TakeChecksOut(out int length)
    {
        length = 0;
        for (var at = Dnp3Link.HeaderLength; at < _wanted;)
        {
            var block = _frame.AsSpan(at, Math.Min(Dnp3Link.BlockLength + Dnp3Crc.Length, _wanted - at));
            if (!Dnp3Crc.Holds(block)) return false;
            at += block.Length;
            block[..^Dnp3Crc.Length].CopyTo(_frame.AsSpan(Dnp3Link.HeaderLength + length));
            length += block.Length - Dnp3Crc.Length;
        }
        return true;
    }
}
