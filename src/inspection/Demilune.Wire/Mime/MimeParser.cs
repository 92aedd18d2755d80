using System.Text;

namespace Demilune.Wire.Mime;

/// <summary>
/// Reads a message (RFC 5322, 2045, 2046) or the body of a form (RFC 7578) piece by piece: heads, parts within parts, and what they hold. The same events
/// come however the bytes are cut.
/// </summary>
/// <remarks>Only heads and lines that may be a boundary are kept, both up to a limit; content goes through.</remarks>
public sealed class MimeParser
{
    /// <summary>Parts within parts. Mail programs stop at 100 at the most; attacks on scanners begin there.</summary>
    private const int MaxDepth = 32;

    /// <summary>Bytes of a boundary. RFC 2046 §5.1.1 allows 70.</summary>
    private const int MaxBoundary = 254;

    /// <summary>A line that is kept: of a head, or one that begins as a boundary does.</summary>
    private const int MaxLine = 4096;

    private const int LongLine = 998, LongEncodedLine = 76;

    private readonly MimeHead _head = new();
    private readonly TransferDecoder _decoder = new();
    private readonly List<byte[]> _boundaries = [];
    private readonly byte[] _line = new byte[MaxLine];
    private readonly byte[] _scratch = new byte[4096 + 4];
    private int _lineLength;
    private bool _isLineCut;
    private State _state;
    private LineState _at;
    private EndOfLine _held;
    private int _depth;
    private long _column;
    private bool _decodes;
    private bool _isOpen;
    private bool _hasEncoding;
    private uint _told;

    private enum State : byte { Head, Content, Ignored }

    /// <summary>Of content: whether a line has just begun, may be a boundary, or is none.</summary>
    private enum LineState : byte { Start, Candidate, Middle, MiddleCr }

    /// <summary>A line's end belongs to the boundary that follows it (RFC 2046 §5.1.1), so it waits.</summary>
    private enum EndOfLine : byte { None, Lf, CrLf }

    /// <summary>The parser begins with a message's head.</summary>
    public void Begin()
    {
        _boundaries.Clear();
        (_lineLength, _isLineCut, _state, _at, _held, _depth, _column, _decodes, _isOpen, _told) = (0, false, State.Head, LineState.Start, EndOfLine.None, 0, 0, true, false, 0);
        _head.Clear();
    }

    /// <summary>The parser begins with the body of a multipart whose head came otherwise. Transfer encodings mean nothing there.</summary>
    public void BeginMultipart(ReadOnlySpan<byte> boundary)
    {
        Begin();
        (_state, _decodes) = (State.Ignored, false);
        _boundaries.Add(boundary[..Math.Min(boundary.Length, MaxBoundary)].ToArray());
    }

    public void Feed(ReadOnlySpan<byte> bytes, IMimeEvents events)
    {
        while (!bytes.IsEmpty)
        {
            if (_state == State.Head) FeedHead(ref bytes, events);
            else FeedContent(ref bytes, events);
        }
    }

    /// <summary>Nothing more comes.</summary>
    /// <param name="isComplete">That is where the message ends, and not where it was lost.</param>
    /// <param name="events">Hears the rest.</param>
    public void End(bool isComplete, IMimeEvents events)
    {
        if (_state == State.Head && _lineLength > 0) EndHeadLine(events);
        else if (_state != State.Head && _at == LineState.Candidate) EndCandidate(events);
        if (_state == State.Head && (_head.Count > 0 || _depth == 0 && _boundaries.Count == 0)) EndHead(events);
        FlushEndOfLine(events);
        EndEntity(isComplete && _boundaries.Count == 0 || isComplete && _decodes, events);
        _state = State.Ignored;
    }

    private void FeedHead(ref ReadOnlySpan<byte> bytes, IMimeEvents events)
    {
        var end = bytes.IndexOf((byte)'\n');
        Keep(end < 0 ? bytes : bytes[..end]);
        bytes = end < 0 ? default : bytes[(end + 1)..];
        if (end >= 0) EndHeadLine(events);
    }

    private void EndHeadLine(IMimeEvents events)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (_isLineCut || line.Length > LongLine) Tell(MimeAnomaly.LongLine, events);
        (_lineLength, _isLineCut) = (0, false);
        if (line.IsEmpty)
        {
            EndHead(events);
            return;
        }
        if (line.StartsWith("--"u8) && TryBoundary(line, events)) return;
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            if (_head.Count == 0 || _head.IsFull) return;
            if (!_head.Continue(line)) Tell(MimeAnomaly.LongHeaderValue, events);
            return;
        }
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            Tell(MimeAnomaly.MalformedMessage, events);
            return;
        }
        var name = line[..colon].TrimEnd(" \t"u8);
        if (name.Length > MimeHead.MaxName)
        {
            Tell(MimeAnomaly.LongHeaderName, events);
            name = name[..MimeHead.MaxName];
        }
        var value = line[(colon + 1)..].TrimStart(" \t"u8);
        if (value.Length > MimeHead.MaxValue) Tell(MimeAnomaly.LongHeaderValue, events);
        _head.Add(name, value);
    }

    private void EndHead(IMimeEvents events)
    {
        var type = _head.Value("content-type"u8);
        events.Begin(_head, _depth);
        (_state, _at, _held, _column) = (State.Content, LineState.Start, EndOfLine.None, 0);
        Span<byte> boundary = stackalloc byte[MaxBoundary];
        var media = _head.ContentType;
        if (MimeParameter.TryGet(type, "boundary"u8, boundary, out var length, out var isCut) && length > 0)
        {
            if (isCut) Tell(MimeAnomaly.LongBoundary, events);
            _state = State.Ignored;
            if (_boundaries.Count == MaxDepth) Tell(MimeAnomaly.MalformedMessage, events);
            else _boundaries.Add(boundary[..length].ToArray());
            _depth++;
        }
        else if (_decodes && media.Length > 8 && Ascii.EqualsIgnoreCase(media[..8], "message/"u8) && !Ascii.EqualsIgnoreCase(media, "message/delivery-status"u8) && _depth < MaxDepth)
        {
            _depth++;
            _state = State.Head;        // a message within the message: its head follows
        }
        else
        {
            _isOpen = true;
            var encoding = EncodingOf();
            _hasEncoding = encoding != TransferEncoding.None;
            _decoder.Begin(encoding);
        }
        _head.Clear();
    }

    private TransferEncoding EncodingOf()
    {
        if (!_decodes) return TransferEncoding.None;
        var value = _head.Value("content-transfer-encoding"u8).Trim(" \t"u8);
        return Ascii.EqualsIgnoreCase(value, "base64"u8) ? TransferEncoding.Base64
            : Ascii.EqualsIgnoreCase(value, "quoted-printable"u8) ? TransferEncoding.QuotedPrintable
            : TransferEncoding.None;
    }

    private void FeedContent(ref ReadOnlySpan<byte> bytes, IMimeEvents events)
    {
        switch (_at)
        {
            case LineState.Start:
                _column = 0;
                _at = bytes[0] == '-' && _boundaries.Count > 0 ? LineState.Candidate : LineState.Middle;
                if (_at == LineState.Middle) FlushEndOfLine(events);
                break;
            case LineState.Candidate:
                FeedCandidate(ref bytes, events);
                break;
            case LineState.MiddleCr:
                if (bytes[0] == '\n')
                {
                    EndLine(EndOfLine.CrLf, events);
                    bytes = bytes[1..];
                    break;
                }
                Pass("\r"u8, events);
                _at = LineState.Middle;
                break;
            default:
                var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
                Pass(end < 0 ? bytes : bytes[..end], events);
                if (end < 0)
                {
                    bytes = default;
                    break;
                }
                if (bytes[end] == '\n') EndLine(EndOfLine.Lf, events);
                else _at = LineState.MiddleCr;
                bytes = bytes[(end + 1)..];
                break;
        }
    }

    /// <summary>A line that begins with a dash is kept until it is whole, or until it cannot be a boundary any more.</summary>
    private void FeedCandidate(ref ReadOnlySpan<byte> bytes, IMimeEvents events)
    {
        var end = bytes.IndexOf((byte)'\n');
        var rest = end < 0 ? bytes : bytes[..(end + 1)];
        var taken = Math.Min(rest.Length, MaxBoundary + 64 - _lineLength);
        rest[..taken].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += taken;
        bytes = bytes[taken..];
        if (_lineLength >= 2 && _line[1] != '-') NoBoundary(events);
        // The last boundary may have anything behind it, without a line's end (RFC 2046 §5.1.1: the epilogue is to be ignored).
        else if (_lineLength == MaxBoundary + 64 || (end >= 0 && taken == end + 1)) EndCandidate(events);
    }

    private void EndCandidate(IMimeEvents events)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        line = line.TrimEnd("\r\n"u8);
        if (line.StartsWith("--"u8) && TryBoundary(line, events)) _lineLength = 0;
        else NoBoundary(events);
    }

    /// <summary>It goes through as any content, from its first byte.</summary>
    private void NoBoundary(IMimeEvents events)
    {
        FlushEndOfLine(events);
        _at = LineState.Middle;
        Span<byte> kept = stackalloc byte[MaxBoundary + 64];
        var length = _lineLength;
        _line.AsSpan(0, length).CopyTo(kept);
        _lineLength = 0;
        ReadOnlySpan<byte> rest = kept[..length];
        while (!rest.IsEmpty) FeedContent(ref rest, events);
    }

    private bool TryBoundary(ReadOnlySpan<byte> line, IMimeEvents events)
    {
        line = line[2..];
        for (var i = _boundaries.Count - 1; i >= 0; i--)
        {
            if (!line.StartsWith(_boundaries[i])) continue;
            var rest = line[_boundaries[i].Length..];
            var isLast = rest.StartsWith("--"u8);
            if (!isLast && !rest.Trim(" \t"u8).IsEmpty) continue;
            _held = EndOfLine.None;
            EndEntity(isComplete: true, events);
            var remaining = isLast ? i : i + 1;
            _boundaries.RemoveRange(remaining, _boundaries.Count - remaining);
            _depth = Math.Max(remaining, 1);
            (_state, _at) = (isLast ? State.Ignored : State.Head, LineState.Start);
            _head.Clear();
            return true;
        }
        return false;
    }

    private void EndLine(EndOfLine end, IMimeEvents events)
    {
        if (_column > LongLine) Tell(MimeAnomaly.LongLine, events);
        if (_hasEncoding && _isOpen && _column > LongEncodedLine) Tell(MimeAnomaly.LongEncodedLine, events);
        (_held, _at) = (end, LineState.Start);
        if (_boundaries.Count == 0) FlushEndOfLine(events);
    }

    private void FlushEndOfLine(IMimeEvents events)
    {
        if (_held == EndOfLine.None) return;
        var end = _held == EndOfLine.Lf ? "\n"u8 : "\r\n"u8;
        _held = EndOfLine.None;
        var column = _column;
        Pass(end, events);
        _column = column;
    }

    private void Pass(ReadOnlySpan<byte> bytes, IMimeEvents events)
    {
        _column += bytes.Length;
        if (!_isOpen) return;
        if (!_hasEncoding)
        {
            if (!bytes.IsEmpty) events.Content(bytes);
            return;
        }
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, _scratch.Length - 4)];
            bytes = bytes[piece.Length..];
            var length = _decoder.Decode(piece, _scratch);
            if (length > 0) events.Content(_scratch.AsSpan(0, length));
        }
    }

    private void EndEntity(bool isComplete, IMimeEvents events)
    {
        if (!_isOpen) return;
        if (_at == LineState.MiddleCr) Pass("\r"u8, events);
        if (_hasEncoding)
        {
            var length = _decoder.Finish(_scratch);
            if (length > 0) events.Content(_scratch.AsSpan(0, length));
            if (_decoder.IsInvalid) Tell(_decoder.IsBase64 ? MimeAnomaly.InvalidBase64 : MimeAnomaly.InvalidQuotedPrintable, events);
        }
        _isOpen = _hasEncoding = false;
        events.End(isComplete);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, MaxLine - _lineLength);
        bytes[..taken].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += taken;
        _isLineCut |= taken < bytes.Length;
    }

    private void Tell(MimeAnomaly anomaly, IMimeEvents events)
    {
        var bit = 1u << (int)anomaly;
        if ((_told & bit) != 0) return;
        _told |= bit;
        events.Anomaly(anomaly);
    }
}
