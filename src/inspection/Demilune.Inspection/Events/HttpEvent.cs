namespace Demilune.Inspection.Events;

/// <summary>A HTTP transaction is over.</summary>
public readonly ref struct HttpEvent(ref readonly FlowContext context, int transaction, HttpFields fields)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where. Oriented from client to server.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>Number in its flow, from 0.</summary>
    public int Transaction { get; } = transaction;

    /// <summary>What was said.</summary>
    public HttpFields Fields { get; } = fields;
}

/// <summary>What EVE's <c>http</c> object tells. Empty: not said.</summary>
public readonly ref struct HttpFields
{
    public ReadOnlySpan<byte> Host { get; init; }

    /// <summary>As the client wrote it.</summary>
    public ReadOnlySpan<byte> Uri { get; init; }
    public ReadOnlySpan<byte> UserAgent { get; init; }

    /// <summary>Whom a proxy asks for, as it says.</summary>
    public ReadOnlySpan<byte> ForwardedFor { get; init; }
    public ReadOnlySpan<byte> ContentType { get; init; }
    public ReadOnlySpan<byte> Referer { get; init; }
    public ReadOnlySpan<byte> Method { get; init; }
    public ReadOnlySpan<byte> Protocol { get; init; }

    /// <summary>The server's, as the client names it; -1: it does not.</summary>
    public int Port { get; init; }

    /// <summary>All fields as they came; null unless <see cref="HttpOptions.TellsHeads"/>.</summary>
    public IReadOnlyList<HttpHeader>? RequestHeaders { get; init; }
    public IReadOnlyList<HttpHeader>? ResponseHeaders { get; init; }

    /// <summary>What is known of the bodies; empty unless <see cref="HttpOptions.TellsBodies"/>.</summary>
    public ReadOnlySpan<byte> RequestBody { get; init; }
    public ReadOnlySpan<byte> ResponseBody { get; init; }
    public ReadOnlySpan<byte> Location { get; init; }

    /// <summary>Which part of a whole the response is; empty: it is no part.</summary>
    public ReadOnlySpan<byte> ContentRange { get; init; }

    /// <summary>0 if there was no response (yet).</summary>
    public int Status { get; init; }

    /// <summary>Bytes of the response's body as they went over the wire.</summary>
    public long Length { get; init; }

    /// <summary>What is told of it because of the protocol's version; null for HTTP/1.</summary>
    public IRecordFields? Details { get; init; }

    public HttpFields()
    {
        Port = -1;
    }

    public bool IsEmpty => Method.IsEmpty && Status == 0 && Details is null;
}

/// <summary>A field of a head. Repeated fields are one, their values joined.</summary>
public sealed record HttpHeader(byte[] Name, byte[] Value);
