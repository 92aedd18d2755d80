
namespace Demilune.Wire.Http1;

/// <summary>
/// Reads one direction of a HTTP/1.x connection (RFC 9112). It is fed bytes as they come and tells the same events however they were cut; only the
/// pieces of a body are cut differently.
/// </summary>
/// <remarks>
/// A head is gathered whole before it is read, so no state is kept inside of lines. After an error that leaves no hope of finding the next message
/// the parser is <see cref="IsBroken"/> and takes everything without a word.
/// </remarks>
public sealed partial class Http1Parser(bool isRequest, Http1Limits limits)
{
    private readonly Http1Head _head = new();
    private State _state;
    private int _lineStart;
    private int _blankLines;
    private int _junk;
    private bool _hasMore;
    private bool _isBodyAhead;
    private long _remaining;
    private BitVector64 _told;

    private enum State : byte { Head, Perhaps, Length, Close, ChunkSize, ChunkExtension, ChunkData, ChunkEnd, Trailers, Trailing, Tunnel, Broken }

    /// <summary>A line before the status line that clients pass over: longer than this it is held to be a body at once.</summary>
    private const int MaxJunk = 64;

    /// <summary>Nothing more will be read of this direction.</summary>
    public bool IsBroken => _state == State.Broken;

    /// <summary>It is not HTTP any more.</summary>
    public bool IsTunnel => _state == State.Tunnel;

    /// <summary>The connection has ended within a message that knew its length.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Between two messages.</summary>
    public bool IsIdle => _state == State.Head && _head.Length == 0;

    /// <summary>Ready for another connection.</summary>
    public void Reset()
    {
        _state = State.Head;
        IsTruncated = false;
        BeginMessage();
    }

    /// <summary>Both peers agreed on another protocol.</summary>
    public void BecomeTunnel() => _state = State.Tunnel;

    /// <summary>Takes the next bytes, all of them.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        while (!bytes.IsEmpty) bytes = bytes[FeedSome(bytes, events)..];
    }

    /// <summary>Takes some of the next bytes, none of them of the message after the one at hand.</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="events">Hears of them.</param>
    /// <returns>How many were taken; 0 only where another call takes some.</returns>
    public int FeedSome(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        if (_state is not (State.ChunkSize or State.ChunkExtension or State.ChunkEnd)) return FeedState(bytes, events);
        var used = FeedState(bytes, events);
        events.Framing(used);
        return used;
    }

    private int FeedState(ReadOnlySpan<byte> bytes, IHttp1Events events) => _state switch
    {
        State.Head => FeedHead(bytes, events),
        State.Perhaps => FeedPerhaps(bytes, events),
        State.Length => FeedLength(bytes, events),
        State.Close => FeedClose(bytes, events),
        State.ChunkSize => FeedChunkSize(bytes, events),
        State.ChunkExtension => FeedChunkExtension(bytes, events),
        State.ChunkData => FeedChunkData(bytes, events),
        State.ChunkEnd => FeedChunkEnd(bytes, events),
        State.Trailers => FeedTrailers(bytes, events),
        State.Trailing => FeedTrailing(bytes, events),
        _ => bytes.Length,
    };

    /// <summary>Bytes are missing. Those of a body are counted; elsewhere reading goes on as if they had never been, as libhtp's does.</summary>
    public void Skip(long count, IHttp1Events events)
    {
        while (count > 0)
        {
            switch (_state)
            {
                case State.Length or State.ChunkData:
                    var ofBody = Math.Min(count, _remaining);
                    events.Gap(ofBody);
                    (_remaining, count) = (_remaining - ofBody, count - ofBody);
                    if (_remaining > 0) break;
                    if (_state == State.Length) EndMessage(events);
                    else (_state, _chunkLast) = (State.ChunkEnd, 0);
                    break;
                case State.Close:
                    events.Gap(count);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>The sender has closed. A body that lasts to the end of the connection ends here; any other is cut short.</summary>
    public void Close(IHttp1Events events)
    {
        if (_state == State.Close)
        {
            EndMessage(events);
        }
        else if (_state == State.Perhaps)
        {
            EndWithoutBody(events);
        }
        else if (_state is not (State.Tunnel or State.Broken) && !IsIdle)
        {
            IsTruncated = true;
            Tell(Http1Anomaly.TruncatedMessage, events);
            if (_state == State.Head) ReadHead(events);      // what a receiver may still act upon
            if (_state is not (State.Head or State.Broken)) events.End();
        }
        _state = State.Broken;
    }

    private int FeedHead(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var used = 0;
        if (_head.Length == 0)
        {
            while (used < bytes.Length && bytes[used] is (byte)'\r' or (byte)'\n')
            {
                if (bytes[used++] == '\n' && ++_blankLines > limits.MaxBlankLines) return Break(Http1Anomaly.TooManyBlankLines, bytes, events);
            }
            if (used == bytes.Length) return used;
        }
        while (used < bytes.Length)
        {
            var rest = bytes[used..];
            var feed = rest.IndexOf((byte)'\n');
            var line = feed < 0 ? rest : rest[..(feed + 1)];
            if (_head.Length + line.Length > limits.MaxHead || _head.Length - _lineStart + line.Length > limits.MaxLine) return Break(Http1Anomaly.HeadTooLong, bytes, events);
            _head.Append(line);
            used += line.Length;
            if (limits.JoinsTrailing) (_hasMore, _isBodyAhead) = (bytes[used..].TrimStart(Gaps).TrimStart("\n"u8).Length > 0, isRequest && IsForeign(bytes[used..]));
            if (feed >= 0 && EndHeadLine(events)) return used;
        }
        return used;
    }

    /// <summary>What follows in the same piece begins with a line, and that with no method that anybody knows.</summary>
    private static bool IsForeign(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimStart("\r\n"u8);
        var end = bytes.IndexOfAny(" \t\r\n"u8);
        return bytes.Contains((byte)'\n') && !s_methods.Contains(System.Text.Encoding.Latin1.GetString(end < 0 ? bytes[..Math.Min(bytes.Length, 32)] : bytes[..Math.Min(end, 32)]));
    }

    private static readonly System.Collections.Frozen.FrozenSet<string> s_methods = System.Collections.Frozen.FrozenSet.ToFrozenSet<string>(
    [
        "HEAD", "GET", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
        "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "BASELINE-CONTROL", "MERGE",
    ], StringComparer.Ordinal);

    /// <returns>True if that was the last line of the head.</returns>
    private bool EndHeadLine(IHttp1Events events)
    {
        var line = TrimEnd(_head.Raw[_lineStart..]);
        var isFirst = _lineStart == 0;
        if (!isRequest && line.IndexOfAnyExcept(" \t\r"u8) < 0 && !line.IsEmpty)
        {
            if (isFirst)
            {
                if (++_blankLines > limits.MaxBlankLines) Break(Http1Anomaly.TooManyBlankLines, default, events);
                _head.Clear();
                return true;        // blank lines before the next try are skipped as at the beginning
            }
            // Between bare line feeds clients take it for the empty line, otherwise for a continuation.
            if (_head.Raw is not [.., (byte)'\r', (byte)'\n']) line = default;
        }
        var isStatus = isRequest || line.TrimStart(Gaps).StartsWith("HTTP"u8);
        if (_junk > 0)
        {
            // Behind one odd line clients still take a status line; what is none makes both of them a body.
            if (isStatus) _head.RemoveFirst(_junk);
            else line = default;
            _junk = 0;
        }
        else if (isFirst && !isStatus && line is [(byte)' ' or (byte)'\t', ..] && line.Length <= MaxJunk)
        {
            _junk = _lineStart = _head.Length;
            return false;
        }
        else if (isFirst && !isStatus)
        {
            line = default;      // no head at all: HTTP/0.9
        }
        // HTTP/0.9 has no fields: a server answers after this line, so it cannot wait for an empty one (RFC 1945 §4.1).
        var isSimple = isFirst && isRequest && line.IndexOf(" HTTP/"u8) < 0 && line.IndexOf("\tHTTP/"u8) < 0 && !(limits.JoinsTrailing && _hasMore);
        if (!line.IsEmpty && !isSimple)
        {
            _lineStart = _head.Length;
            return false;
        }
        ReadHead(events);
        return true;
    }

    private void ReadHead(IHttp1Events events)
    {
        if (!TryReadHead(events))
        {
            if (isRequest) _state = State.Broken;
            else BeginBodyWithoutHead(events);
            return;
        }
        if (!isRequest && _head is { StatusCode: >= 100 and < 200 and not 101, Framing: Http1Framing.None })
        {
            // An interim response: the final one is still to come (RFC 9110 §15.2).
            events.Head(_head);
            BeginMessage();
            return;
        }
        events.Head(_head);
        if (_state == State.Tunnel) return;
        BeginBody(_head.IsBodyDoubtful ? State.Perhaps : StateOfBody());
        if (_state == State.Head && isRequest && limits.JoinsTrailing && _isBodyAhead) _state = State.Trailing;
        if (_state is State.Head or State.Tunnel) EndMessage(events);
    }

    private State StateOfBody()
    {
        _remaining = _head.ContentLength;
        return _head.Framing switch
        {
            Http1Framing.Length when _remaining > 0 => State.Length,
            Http1Framing.Chunked => State.ChunkSize,
            Http1Framing.Close => State.Close,
            Http1Framing.Tunnel => State.Tunnel,
            _ => State.Head,
        };
    }

    private void BeginBody(State state)
    {
        _state = state;
        if (state == State.ChunkSize) BeginChunk();
    }

    /// <summary>A body that should not be there: it is not, if the next response follows.</summary>
    private int FeedPerhaps(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        if (bytes[0] == 'H') EndWithoutBody(events);
        else BeginBody(StateOfBody());
        return 0;
    }

    private void EndWithoutBody(IHttp1Events events)
    {
        _state = State.Head;
        if (_head.StatusCode is >= 100 and < 200) BeginMessage();       // the final response is still to come
        else EndMessage(events);
    }

    /// <summary>What does not begin as a response is shown by clients as a body nevertheless, as in HTTP/0.9 (RFC 1945 §6).</summary>
    private void BeginBodyWithoutHead(IHttp1Events events)
    {
        byte[] body = [.. _head.Raw];
        _head.Clear();
        _head.Framing = Http1Framing.Close;
        _state = State.Close;
        events.Head(_head);
        events.Body(body);
    }

    private int FeedLength(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var count = (int)Math.Min(bytes.Length, _remaining);
        events.Body(bytes[..count]);
        _remaining -= count;
        if (_remaining > 0) return count;
        if (limits.JoinsTrailing && !isRequest) count += TakeTrailing(bytes[count..], events);
        EndMessage(events);
        return count;
    }

    /// <summary>Lines behind a body, in the same piece, that begin no message.</summary>
    private static int TakeTrailing(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        var used = 0;
        while (used < bytes.Length && !bytes[used..].TrimStart(Gaps).StartsWith("HTTP"u8))
        {
            var feed = bytes[used..].IndexOf((byte)'\n');
            used = feed < 0 ? bytes.Length : used + feed + 1;
        }
        if (used > 0) events.Body(bytes[..used]);
        return used;
    }

    /// <summary>A body that nothing has announced: all that is left of the piece.</summary>
    private int FeedTrailing(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        Tell(Http1Anomaly.RequestBodyUnexpected, events);
        events.Body(bytes);
        EndMessage(events);
        return bytes.Length;
    }

    private static int FeedClose(ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        events.Body(bytes);
        return bytes.Length;
    }

    private void EndMessage(IHttp1Events events)
    {
        var isTunnel = _state == State.Tunnel;
        events.End();
        BeginMessage();
        _state = isTunnel || _state == State.Tunnel ? State.Tunnel : State.Head;
    }

    private void BeginMessage()
    {
        _head.Clear();
        (_lineStart, _blankLines, _junk, _remaining, _told) = (0, 0, 0, 0, default);
    }

    private int Break(Http1Anomaly anomaly, ReadOnlySpan<byte> bytes, IHttp1Events events)
    {
        Tell(anomaly, events);
        _state = State.Broken;
        return bytes.Length;
    }

    private void Tell(Http1Anomaly anomaly, IHttp1Events events)
    {
        if (_told.Add((int)anomaly)) events.Anomaly(anomaly);
    }

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> line)
    {
        if (line is [.., (byte)'\n']) line = line[..^1];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private static bool IsTokenByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || "!#$%&'*+-.^_`|~"u8.Contains(b);      // RFC 9110 §5.6.2

    /// <summary>A set of small numbers.</summary>
    private record struct BitVector64(ulong Bits)
    {
        public bool Add(int member)
        {
            var before = Bits;
            Bits |= 1UL << member;
            return before != Bits;
        }
    }
}
