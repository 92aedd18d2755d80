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

    public void Clear()
    {
        Request.Clear();
        Response.Clear();
        Kind = Http1RequestKind.Ordinary;
        Details = null;
    }

    /// <summary>What was asked for, without its query.</summary>
    public ReadOnlySpan<byte> Path()
    {
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
        // Of a response whose request nobody saw, as Suricata has it.
        Uri = Request.HasHead || !Response.HasHead || Details is not null ? Request[BufferId.HttpUriRaw] : "/libhtp::request_uri_not_seen"u8,
        UserAgent = Request[BufferId.HttpUserAgent],
        Referer = Request[BufferId.HttpReferer],
        Method = Request[BufferId.HttpMethod],
        Protocol = Request[BufferId.HttpProtocol],
        ContentType = Response[BufferId.HttpContentType],
        Location = Response[BufferId.HttpLocation],
        ContentRange = Response.ContentRange,
        Status = Response.StatusCode,
        Length = Response.WireLength,
        Details = Details,
    };
}
