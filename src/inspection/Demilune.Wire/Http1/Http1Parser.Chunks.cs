namespace Demilune.Wire.Http1;

public sealed partial class Http1Parser
{
    /// <summary>Bytes of the size line so far.</summary>
    private int _chunkLine;

    /// <summary>Digits of the size so far; the size itself is gathered in <see cref="_remaining"/>.</summary>
    private int _chunkDigits;

    /// <summary>What the size line of a response began with: if it is none, these bytes belong to the body.</summary>
    private readonly byte[] _chunkStart = isRequest && !limits.JoinsTrailing ? [] : new byte[64];
    private int _chunkStartLength;

    private bool _chunkSpace;
    private byte _chunkLast;

    private void BeginChunk()
    {
        _state = State.ChunkSize;
        (_remaining, _chunkLine, _chunkDigits, _chunkSpace, _chunkLast, _chunkStartLength) = (0, 0, 0, false, 0, 0);
    }

    /// <summary>chunk-size [ chunk-ext ] CRLF (RFC 9112 §7.1), digit by digit.</summary>
    private int FeedChunkSize(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        if (!isRequest || limits.JoinsTrailing) return FeedLenientChunkSize(bytes, events);
        for (var used = 0; used < bytes.Length; used++)
        {
            var b = bytes[used];
            var digit = HexDigit(b);
            if (digit >= 0 && !_chunkSpace)
            {
                // 15 digits are a petabyte; the 16th is where receivers overflow differently.
                if (++_chunkDigits > 15) return Break(Http1Anomaly.InvalidChunkSize, bytes, events);
                _remaining = _remaining << 4 | (uint)digit;
                continue;
            }
            if (b is (byte)' ' or (byte)'\t' && _chunkDigits > 0)
            {
                Tell(Http1Anomaly.ChunkSpace, events);
                _chunkSpace = true;
                if (++_chunkLine > limits.MaxChunkLine) return Break(Http1Anomaly.InvalidChunkSize, bytes, events);
                continue;
            }
            if (_chunkDigits == 0 || b is not ((byte)';' or (byte)'\r' or (byte)'\n')) return Break(Http1Anomaly.InvalidChunkSize, bytes, events);
            if (b == ';') Tell(Http1Anomaly.ChunkExtension, events);
            _state = State.ChunkExtension;
            return used;
        }
        return bytes.Length;
    }

    /// <summary>
    /// The same in a response, as clients take it: spaces of any kind before the size, anything after it; and where there is no size at all, the body
    /// was not chunked whatever the head says, and lasts to the end of the connection.
    /// </summary>
    private int FeedLenientChunkSize(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        for (var used = 0; used < bytes.Length; used++)
        {
            var b = bytes[used];
            var digit = HexDigit(b);
            if (digit >= 0 ? _chunkDigits == 15 && !_chunkSpace : _chunkDigits == 0 && !Gaps.Contains(b) && b != '\n') return BecomeUnframed(bytes, used, events);
            if (_chunkSpace || (digit < 0 && _chunkDigits > 0))
            {
                if (b is (byte)' ' or (byte)'\t')
                {
                    // What comes behind them may still be an extension.
                    Tell(Http1Anomaly.ChunkSpace, events);
                    _chunkSpace = true;
                    if (++_chunkLine <= limits.MaxChunkLine) continue;
                    return BecomeUnframed(bytes, used, events);
                }
                if (b == ';') TellExtension(events);
                else if (b is not ((byte)'\r' or (byte)'\n')) Tell(Gaps.Contains(b) ? Http1Anomaly.ChunkSpace : Http1Anomaly.ChunkJunk, events);
                _state = State.ChunkExtension;
                return used;
            }
            if (_chunkStartLength == _chunkStart.Length) return BecomeUnframed(bytes, used, events);
            _chunkStart[_chunkStartLength++] = b;
            if (digit < 0)
            {
                Tell(Http1Anomaly.ChunkSpace, events);
                continue;
            }
            _chunkDigits++;
            _remaining = _remaining << 4 | (uint)digit;
        }
        return bytes.Length;
    }

    /// <summary>Of a capture each is told, as libhtp does.</summary>
    private void TellExtension(IHttp1Events events)
    {
        if (limits.JoinsTrailing) events.Anomaly(Http1Anomaly.ChunkExtension);
        else Tell(Http1Anomaly.ChunkExtension, events);
    }

    private int BecomeUnframed(ReadOnlySpan<byte> bytes, int used, IHttp1Events events)
    {
        Tell(Http1Anomaly.InvalidChunkSize, events);
        if (isRequest)
        {
            _state = State.Broken;
            return bytes.Length;
        }
        _state = State.Close;
        if (_chunkStartLength > 0) events.Body(_chunkStart.AsSpan(0, _chunkStartLength));
        return used;
    }

    private int FeedChunkExtension(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var feed = bytes.IndexOf((byte)'\n');
        var count = feed < 0 ? bytes.Length : feed;
        _chunkLine += count;
        if (_chunkLine > limits.MaxChunkLine) return Break(Http1Anomaly.InvalidChunkSize, bytes, events);
        if (count > 0) _chunkLast = bytes[count - 1];
        if (feed < 0) return count;
        // Some receivers end the line at a bare LF and some read on: the two then see different messages.
        if (_chunkLast != '\r') Tell(Http1Anomaly.ChunkLineFeed, events);
        _state = _remaining > 0 ? State.ChunkData : State.Trailers;
        _chunkLine = 0;
        _lineStart = 0;
        return feed + 1;
    }

    private int FeedChunkData(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var count = (int)Math.Min(bytes.Length, _remaining);
        events.Body(bytes[..count]);
        _remaining -= count;
        if (_remaining == 0) (_state, _chunkLast) = (State.ChunkEnd, 0);
        return count;
    }

    private int FeedChunkEnd(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var b = bytes[0];
        if (b == '\r' && _chunkLast == 0)
        {
            _chunkLast = b;
            return 1;
        }
        if (b != '\n' && !isRequest)
        {
            Tell(Http1Anomaly.MissingChunkEnd, events);
            _chunkLast = b;
            return 1;
        }
        if (b != '\n') return Break(Http1Anomaly.MissingChunkEnd, bytes, events);
        if (_chunkLast != '\r') Tell(Http1Anomaly.ChunkLineFeed, events);
        BeginChunk();
        return 1;
    }

    /// <summary>Field lines after the last chunk. Nothing reads them, but their end is the end of the message.</summary>
    private int FeedTrailers(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var feed = bytes.IndexOf((byte)'\n');
        var count = feed < 0 ? bytes.Length : feed + 1;
        _remaining += count;        // bytes of all trailers: the chunk counter is free here
        if (_remaining > limits.MaxHead) return Break(Http1Anomaly.HeadTooLong, bytes, events);
        var line = feed < 0 ? bytes : bytes[..feed];
        // _lineStart counts the bytes of this line that are not a line end, _chunkLast is the last byte seen of it.
        _lineStart += line.Length;
        if (!line.IsEmpty) _chunkLast = line[^1];
        if (feed < 0) return count;
        var isEmpty = _lineStart == 0 || (_lineStart == 1 && _chunkLast == '\r');
        if (_lineStart == 0 || _chunkLast != '\r') Tell(Http1Anomaly.ChunkLineFeed, events);
        _lineStart = 0;
        if (isEmpty) EndMessage(events);
        return count;
    }
}
