namespace Demilune.Wire.Http1;

/// <summary>Hears what <see cref="Http1Parser"/> reads: a head, body bytes in pieces, the end; again and again.</summary>
public interface IHttp1Events
{
    /// <summary>A head is complete.</summary>
    /// <param name="head">Valid until the head of the next message begins to arrive: the message's end has been told by then.</param>
    void Head(Http1Head head);

    /// <summary>Some bytes of the body, chunk framing removed, content coding not.</summary>
    void Body(ReadOnlySpan<byte> bytes);

    /// <summary>So many bytes of chunk framing, which are on the wire and not in the body.</summary>
    void Framing(int count)
    {
    }

    /// <summary>So many bytes of the body are missing.</summary>
    void Gap(long count)
    {
    }

    /// <summary>The message is over.</summary>
    void End();

    /// <summary>Something odd, at most once per message and kind.</summary>
    void Anomaly(Http1Anomaly anomaly);

    /// <summary>Asked by a parser of responses before it decides where a body ends: which request does this response answer?</summary>
    Http1RequestKind Answered();
}

/// <summary>What a response's framing depends on (RFC 9112 §6.3).</summary>
public enum Http1RequestKind : byte
{
    /// <summary>None of those below.</summary>
    Ordinary,
    Head,
    Connect,
}
