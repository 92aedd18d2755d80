using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>One side of a transaction: its head and what rules call its buffers, its body's window, and the signatures it has made worth trying.</summary>
/// <remarks>All buffers of a head lie in one array, which begins with the head as it came. Used again for other messages.</remarks>
internal sealed class HttpMessage(bool isRequest, HttpOptions options, SegmentPool pool) : IMessageBuffers
{
    /// <summary>HTTP/1's buffers, which follow each other. Of all others there would be 2 KB more of nothing in each direction of each connection.</summary>
    private const BufferId First = BufferId.HttpMethod, Last = BufferId.HttpResponseBody;

    private readonly Place[] _places = new Place[Last - First + 1];
    private readonly List<Place> _lines = [];
    private Place _fileName;
    private Place _range;
    private Place _forwarded;
    private byte[] _arena = new byte[1024];
    private int _used;

    private readonly record struct Place(int Start, int Length, bool Exists);

    /// <summary>The body, after decoding.</summary>
    public InspectionWindow Body { get; } = new(options.BodyWindow, pool);
    public PendingSignatures Pending { get; } = new();

    /// <summary>The file that the body is; null before it begins, and where it is several or none.</summary>
    public TrackedFile? File { get; set; }

    /// <summary>The whole that the file is a part of; null: it is none, or the whole is not put together.</summary>
    public FileJoins.Join? Whole { get; set; }

    /// <summary>The name of the file that the body is; empty if the sender gave none.</summary>
    public ReadOnlySpan<byte> FileName => _arena.AsSpan(_fileName.Start, _fileName.Length);

    /// <summary>Which part of a whole the body is; empty: it is no part.</summary>
    public ReadOnlySpan<byte> ContentRange => _arena.AsSpan(_range.Start, _range.Length);

    /// <summary>For whom a proxy asks, as it says (<c>X-Forwarded-For</c>); empty: it does not.</summary>
    public ReadOnlySpan<byte> ForwardedFor => _arena.AsSpan(_forwarded.Start, _forwarded.Length);

    /// <summary>All its fields; null: nobody asks for them.</summary>
    public List<HttpHeader>? Headers { get; private set; }

    /// <summary>The head has come.</summary>
    public bool HasHead { get; private set; }
    public bool IsComplete { get; set; }

    /// <summary>Bytes of the body as they went over the wire.</summary>
    public long WireLength { get; set; }
    public int StatusCode { get; private set; }

    public void Clear()
    {
        Body.Clear();
        _fileName = _range = _forwarded = default;
        Whole = null;
        Pending.Clear();
        Array.Clear(_places);
        _lines.Clear();
        Headers = null;
        (_used, HasHead, IsComplete, WireLength, StatusCode) = (0, false, false, 0, 0);
    }

    /// <summary>A buffer's bytes, empty if there is none. Body buffers are not given here.</summary>
    public ReadOnlySpan<byte> this[BufferId id] => _arena.AsSpan(PlaceOf(id).Start, PlaceOf(id).Length);

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (id == (isRequest ? BufferId.HttpRequestBody : BufferId.HttpResponseBody))
        {
            if (instance > 0 || Body.Total == 0) return false;
            view = Body.View(piece);
            return true;
        }
        if (id == (isRequest ? BufferId.HttpRequestHeader : BufferId.HttpResponseHeader))
        {
            if (instance >= _lines.Count) return false;
            view = new(_arena.AsSpan(_lines[instance].Start, _lines[instance].Length));
            return true;
        }
        if (id is < First or > Last) return false;
        var place = PlaceOf(id);
        view = new(_arena.AsSpan(place.Start, place.Length));
        return instance == 0 && place.Exists;
    }

    /// <summary>Takes a head over and makes the buffers that any signature looks into.</summary>
    /// <returns>What is odd about the target; none for a response.</returns>
    public UriOddities Load(Http1Head head, RuleSet rules)
    {
        var direction = isRequest ? FlowDirections.ToServer : FlowDirections.ToClient;
        HasHead = true;
        StatusCode = head.StatusCode;
        _used = 0;
        Append(head.Raw);
        Set(BufferId.HttpProtocol, head.VersionStart, head.Version.Length);
        Set(BufferId.HttpHeaderRaw, head.FieldLinesStart, head.FieldLines.Length);
        var oddities = UriOddities.None;
        if (isRequest)
        {
            Set(BufferId.HttpRequestLine, 0, head.Line.Length);
            Set(BufferId.HttpMethod, 0, head.Method.Length);
            Set(BufferId.HttpUriRaw, head.TargetStart, head.Target.Length);
            oddities = AddUri(head.Target);
        }
        else
        {
            Set(BufferId.HttpResponseLine, 0, head.Line.Length);
            Set(BufferId.HttpStatCode, head.StatusStart, head.Status.Length);
            Set(BufferId.HttpStatMsg, head.ReasonStart, head.Reason.Length);
        }
        foreach (var field in head.Fields) AddField(head, field);
        if (isRequest) AddHost();
        if (isRequest) AddForwarded(head);
        if (!isRequest) AddFileName(head);
        if (options.TellsHeads) KeepHeaders(head);
        if (!isRequest) AddRange(head);
        if (rules.Inspects(BufferId.HttpHeader, direction)) AddNormalised(head);
        if (rules.Inspects(BufferId.HttpHeaderNames, direction)) AddNames(head);
        if (rules.Inspects(BufferId.HttpStart, direction)) AddStart(head);
        if (rules.Inspects(isRequest ? BufferId.HttpRequestHeader : BufferId.HttpResponseHeader, direction)) AddLines(head);
        return oddities;
    }

    private void KeepHeaders(Http1Head head)
    {
        Headers = [];
        foreach (var field in head.Fields)
        {
            var name = field.HasColon ? head.Name(field) : default;
            var value = field.HasColon ? head.Value(field) : head.Name(field);
            var known = field.HasColon ? Find(head.Name(field)) : -1;
            if (known < 0) Headers.Add(new(name.ToArray(), value.ToArray()));
            else if (!Ascii.EqualsIgnoreCase(name, "content-length"u8)) Headers[known] = Headers[known] with { Value = [.. Headers[known].Value, .. ", "u8, .. value] };
        }

        int Find(ReadOnlySpan<byte> name)
        {
            for (var i = 0; i < Headers.Count; i++)
                if (Ascii.EqualsIgnoreCase(Headers[i].Name, name)) return i;
            return -1;
        }
    }

    private void AddFileName(Http1Head head)
    {
        var name = Disposition.FileName(head.Value("content-disposition"u8));
        var start = _used;
        Append(name);
        _fileName = new(start, name.Length, !name.IsEmpty);
    }

    private void AddForwarded(Http1Head head)
    {
        foreach (var field in head.Fields)
        {
            if (!Ascii.EqualsIgnoreCase(head.Name(field), "x-forwarded-for"u8)) continue;
            _forwarded = new(field.ValueStart, field.ValueLength, true);
            return;
        }
    }

    private void AddRange(Http1Head head)
    {
        var range = head.Value("content-range"u8);
        var start = _used;
        Append(range);
        _range = new(start, range.Length, !range.IsEmpty);
    }

    private void AddField(Http1Head head, Http1Field field)
    {
        if (BufferOf(head.Name(field)) is not { } id) return;
        if (!PlaceOf(id).Exists)
        {
            Set(id, field.ValueStart, field.ValueLength);
            return;
        }
        if (id == BufferId.HttpHostRaw && head.Version.SequenceEqual("HTTP/2"u8)) return;      // one of its two names is enough (RFC 9113 §8.3.1)
        // Repeated: one list, as an intermediary would make of it (RFC 9110 §5.3).
        var former = PlaceOf(id);
        var start = _used;
        Append(_arena.AsSpan(former.Start, former.Length));
        Append(", "u8);
        Append(head.Value(field));
        Set(id, start, _used - start);
    }

    private BufferId? BufferOf(ReadOnlySpan<byte> name)
    {
        foreach (var (text, id, ofRequest, ofResponse) in s_fields)
            if ((isRequest ? ofRequest : ofResponse) && Ascii.EqualsIgnoreCase(name, text)) return id;
        return null;
    }

    private static readonly (byte[] Name, BufferId Id, bool OfRequest, bool OfResponse)[] s_fields =
    [
        ([.. "host"u8], BufferId.HttpHostRaw, true, false),
        ([.. ":authority"u8], BufferId.HttpHostRaw, true, false),
        ([.. "user-agent"u8], BufferId.HttpUserAgent, true, false),
        ([.. "referer"u8], BufferId.HttpReferer, true, false),
        ([.. "cookie"u8], BufferId.HttpCookie, true, false),
        ([.. "set-cookie"u8], BufferId.HttpCookie, false, true),
        ([.. "accept"u8], BufferId.HttpAccept, true, false),
        ([.. "accept-encoding"u8], BufferId.HttpAcceptEnc, true, false),
        ([.. "accept-language"u8], BufferId.HttpAcceptLang, true, false),
        ([.. "connection"u8], BufferId.HttpConnection, true, true),
        ([.. "content-length"u8], BufferId.HttpContentLen, true, true),
        ([.. "content-type"u8], BufferId.HttpContentType, true, true),
        ([.. "server"u8], BufferId.HttpServer, false, true),
        ([.. "location"u8], BufferId.HttpLocation, false, true),
    ];

    private UriOddities AddUri(ReadOnlySpan<byte> target)
    {
        var start = _used;
        Reserve(UriNormalizer.MaxLength(target.Length));
        var length = UriNormalizer.Normalize(target, _arena.AsSpan(start), out var oddities, options.UriPasses);
        _used += length;
        Set(BufferId.HttpUri, start, length);
        return oddities;
    }

    /// <summary>In lower case and without a port; the target's own host wins over the field (RFC 9112 §3.2.2).</summary>
    private void AddHost()
    {
        var authority = UriNormalizer.Authority(this[BufferId.HttpUriRaw]);
        if (!authority.IsEmpty)
        {
            var raw = _used;
            Append(authority);
            Set(BufferId.HttpHostRaw, raw, _used - raw);
        }
        if (!PlaceOf(BufferId.HttpHostRaw).Exists) return;
        var host = UriNormalizer.WithoutPort(this[BufferId.HttpHostRaw]);
        var start = _used;
        Append(host);
        Ascii.ToLowerInPlace(_arena.AsSpan(start, _used - start), out _);
        Set(BufferId.HttpHost, start, _used - start);
    }

    /// <summary>Each field as "Name: value", but for cookies, which have a buffer of their own.</summary>
    private void AddNormalised(Http1Head head)
    {
        var start = _used;
        foreach (var field in head.Fields)
        {
            var name = head.Name(field);
            if (Ascii.EqualsIgnoreCase(name, isRequest ? "cookie"u8 : "set-cookie"u8)) continue;
            AppendLine(name, head.Value(field));
            Append("\r\n"u8);
        }
        Set(BufferId.HttpHeader, start, _used - start);
    }

    private void AddNames(Http1Head head)
    {
        var start = _used;
        Append("\r\n"u8);
        foreach (var field in head.Fields)
        {
            Append(head.Name(field));
            Append("\r\n"u8);
        }
        Append("\r\n"u8);
        Set(BufferId.HttpHeaderNames, start, _used - start);
    }

    private void AddStart(Http1Head head)
    {
        var start = _used;
        Append(head.Line);
        Append("\r\n"u8);
        foreach (var field in head.Fields)
        {
            AppendLine(head.Name(field), head.Value(field));
            Append("\r\n"u8);
        }
        Append("\r\n"u8);
        Set(BufferId.HttpStart, start, _used - start);
    }

    private void AddLines(Http1Head head)
    {
        foreach (var field in head.Fields)
        {
            var start = _used;
            AppendLine(head.Name(field), head.Value(field));
            _lines.Add(new(start, _used - start, true));
        }
    }

    private void AppendLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Append(name);
        Append(": "u8);
        Append(value);
    }

    private ref Place PlaceOf(BufferId id) => ref _places[id - First];

    private void Set(BufferId id, int start, int length) => PlaceOf(id) = new(start, length, true);

    private void Append(ReadOnlySpan<byte> bytes)
    {
        // What is appended may lie in the array that is about to be replaced; the span keeps the old one alive.
        Reserve(bytes.Length);
        bytes.CopyTo(_arena.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Reserve(int length)
    {
        if (_arena.Length < _used + length) Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _used + length));
    }
}
