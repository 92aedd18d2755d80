using System.Buffers.Text;
using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>A request and its response.</summary>
internal sealed class HttpTransaction(HttpOptions options, SegmentPool pool) : ITransaction
{
    public HttpMessage Request { get; } = new(isRequest: true, options, pool);
    public HttpMessage Response { get; } = new(isRequest: false, options, pool);

    /// <summary>From 0, within its flow.</summary>
    public int Number { get; set; }

    /// <summary>What EVE tells of it because of the protocol's version; null: nothing.</summary>
    public IRecordFields? Details { get; set; }

    /// <summary>What the end of the response depends on.</summary>
    public Http1RequestKind Kind { get; set; }

    /// <summary>Responses that said to go on.</summary>
    public int Continues { get; set; }

    public void Clear()
    {
        Continues = 0;
        Request.Clear();
        Response.Clear();
        Kind = Http1RequestKind.Ordinary;
        Details = null;
    }

    /// <summary>A response whose request nobody saw.</summary>
    private bool IsUnasked => !Request.HasHead && Response.HasHead && Details is null;

    /// <summary>What stands for its target, as in Suricata.</summary>
    private static readonly byte[] s_notSeen = [.. "/libhtp::request_uri_not_seen"u8];

    /// <summary>What was asked for, without its query.</summary>
    public ReadOnlySpan<byte> Path()
    {
        if (IsUnasked) return s_notSeen;
        var uri = Request[BufferId.HttpUri];
        var mark = uri.IndexOf((byte)'?');
        return mark < 0 ? uri : uri[..mark];
    }

    HttpFields ITransaction.Http => Fields();

    bool ITransaction.Lasts => true;

    /// <summary>As events tell it. The spans are valid until the transaction is cleared.</summary>
    public HttpFields Fields() => new()
    {
        Host = Request[BufferId.HttpHost],
        Uri = IsUnasked ? s_notSeen : Request[BufferId.HttpUriRaw],
        UserAgent = Request[BufferId.HttpUserAgent],
        ForwardedFor = Request.ForwardedFor,
        Referer = Request[BufferId.HttpReferer],
        Method = Request[BufferId.HttpMethod],
        Protocol = Request[BufferId.HttpProtocol],
        ContentType = Response[BufferId.HttpContentType],
        Location = Response[BufferId.HttpLocation],
        ContentRange = Response.ContentRange,
        Status = Response.StatusCode,
        Length = Response.WireLength,
        Details = Details,
        Port = IsUnasked ? 0 : PortOf(UriNormalizer.Authority(Request[BufferId.HttpUriRaw]) is { IsEmpty: false } authority ? authority : Request[BufferId.HttpHostRaw]),
        RequestHeaders = Request.Headers,
        ResponseHeaders = Response.Headers,
        RequestBody = options.TellsBodies ? Request.Body.View(default).Bytes : default,
        ResponseBody = options.TellsBodies ? Response.Body.View(default).Bytes : default,
    };

    private static int PortOf(ReadOnlySpan<byte> authority)
    {
        var host = UriNormalizer.WithoutPort(authority);
        return host.Length < authority.Length && Utf8Parser.TryParse(authority[(host.Length + 1)..], out ushort port, out var used) && used == authority.Length - host.Length - 1 ? port : -1;
    }
}
