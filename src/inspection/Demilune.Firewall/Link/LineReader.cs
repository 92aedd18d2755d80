namespace Demilune.Firewall.Link;

/// <summary>Takes lines off a stream. A line longer than allowed ends the reading: the peer speaks something else.</summary>
internal sealed class LineReader(Stream stream, int maxBytes)
{
    private const int InitialBytes = 64 << 10;

    /// <summary>What is kept between lines; a policy set of megabytes comes rarely.</summary>
    private const int KeptBytes = 1 << 20;

    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _end;

    /// <returns>The next line without its end, valid until the next call; null at the end of the stream (a line without end is dropped).</returns>
    /// <exception cref="InvalidDataException">A line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken stop)
    {
        var searched = _start;
        while (true)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at - _start);
                _start = searched + at + 1;
                return line;
            }
            if (_end - _start > maxBytes) throw new InvalidDataException($"a line is longer than {maxBytes} bytes");
            searched = _end - _start;
            MakeRoom();
            searched += _start;
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), stop);
            if (read == 0) return null;
            _end += read;
        }
    }

    private void MakeRoom()
    {
        var pending = _end - _start;
        var wanted = Math.Max(InitialBytes, pending * 2);
        if (wanted > _buffer.Length || (_buffer.Length > KeptBytes && wanted <= KeptBytes))
        {
            var larger = new byte[wanted];
            _buffer.AsSpan(_start, pending).CopyTo(larger);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
        }
        (_start, _end) = (0, pending);
    }
}
