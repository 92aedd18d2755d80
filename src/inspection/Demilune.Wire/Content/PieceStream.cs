namespace Demilune.Wire.Content;

/// <summary>Bytes given and not yet read; when there are none a read says 0, and a later one may say more.</summary>
internal sealed class PieceStream : Stream
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public int Available => _end - _start;
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public ReadOnlySpan<byte> Peek() => _bytes.AsSpan(_start, Available);

    public void Restart(ReadOnlySpan<byte> bytes)
    {
        _start = _end = 0;
        Give(bytes, -1);
    }

    /// <param name="flags">Where in these bytes a gzip header's flags are, or -1.</param>
    public void Give(ReadOnlySpan<byte> bytes, int flags)
    {
        if (_start > 0)
        {
            Peek().CopyTo(_bytes);
            (_end, _start) = (Available, 0);
        }
        if (_bytes.Length < _end + bytes.Length) Array.Resize(ref _bytes, _end + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        if (flags >= 0) _bytes[_end + flags] &= 0x1f;
        _end += bytes.Length;
    }

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, Available);
        _bytes.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
