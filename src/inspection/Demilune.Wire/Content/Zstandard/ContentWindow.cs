namespace Demilune.Wire.Content.Zstandard;

/// <summary>What a frame has become so far, as far back as its next block may reach.</summary>
internal sealed class ContentWindow
{
    private byte[] _bytes = [];
    private int _size;
    private int _blockEnd;
    private int _told;
    private int _end;

    /// <summary>What nobody has taken yet.</summary>
    public int Untold => _end - _told;

    /// <summary>A frame begins: its blocks reach back no further.</summary>
    /// <param name="size">How far they reach, in bytes.</param>
    public void Restart(int size)
    {
        _size = size;
        (_told, _end) = (0, 0);
    }

    /// <summary>Makes room for a block's content; all that came before it has been taken.</summary>
    public void Begin()
    {
        if (_end >= _size + ZstandardStream.MaxBlock)
        {
            // Moved once in a block's length at the most.
            _bytes.AsSpan(_end - _size, _size).CopyTo(_bytes);
            (_told, _end) = (_size, _size);
        }
        _blockEnd = _end + ZstandardStream.MaxBlock;
        // It grows with what was sent: a header alone is no reason for the whole window.
        if (_bytes.Length < _blockEnd) Array.Resize(ref _bytes, Math.Min(Math.Max(_blockEnd, 2 * _bytes.Length), _size + 2 * ZstandardStream.MaxBlock));
    }

    /// <returns>False if the block gets larger than a block may.</returns>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _blockEnd - _end) return false;
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        return true;
    }

    /// <returns>False if the block gets larger than a block may.</returns>
    public bool TryFill(byte value, int count)
    {
        if (count > _blockEnd - _end) return false;
        _bytes.AsSpan(_end, count).Fill(value);
        _end += count;
        return true;
    }

    /// <summary>Again what was there before.</summary>
    /// <returns>False if there was nothing so far back, or the block gets larger than a block may.</returns>
    public bool TryCopy(int distance, int count)
    {
        if (distance > _end || count > _blockEnd - _end) return false;
        while (count > 0)
        {
            // What is copied may be what has just been written.
            var piece = Math.Min(count, distance);
            _bytes.AsSpan(_end - distance, piece).CopyTo(_bytes.AsSpan(_end));
            _end += piece;
            count -= piece;
        }
        return true;
    }

    public int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, Untold);
        _bytes.AsSpan(_told, count).CopyTo(buffer);
        _told += count;
        return count;
    }
}
