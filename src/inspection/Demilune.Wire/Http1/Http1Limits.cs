namespace Demilune.Wire.Http1;

/// <summary>How much of a message a parser takes.</summary>
public sealed record Http1Limits
{
    public static Http1Limits Default { get; } = new();

    /// <summary>Bytes of start line and fields. Default 64 KiB: twice nginx' large_client_header_buffers, eight times Apache's line limit.</summary>
    public int MaxHead { get; init; } = 64 << 10;

    /// <summary>Bytes of one line of a head. Default: none but that of the head.</summary>
    public int MaxLine { get; init; } = int.MaxValue;

    /// <summary>Default 200: twice Apache's LimitRequestFields.</summary>
    public int MaxFields { get; init; } = 200;

    /// <summary>Empty lines before a start line, which RFC 9112 §2.2 allows "at least one" of. Default 16.</summary>
    public int MaxBlankLines { get; init; } = 16;

    /// <summary>Bytes of one chunk-size line with its extensions. Default 4 KiB.</summary>
    public int MaxChunkLine { get; init; } = 4 << 10;

    /// <summary>
    /// What follows a message in the same piece, and begins no other, belongs to it, as in libhtp: to a response's body, to a request without one, or to
    /// the head of a request without a version. It makes the events depend on how the bytes were cut. Default false: it is a message of its own, and odd.
    /// </summary>
    public bool JoinsTrailing { get; init; }
}
