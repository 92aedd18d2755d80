namespace Demilune.Wire.Mime;

/// <summary>Hears what a <see cref="MimeParser"/> reads. Spans are valid during the call.</summary>
public interface IMimeEvents
{
    /// <summary>An entity's head is complete: the message's own, a part's, or that of a message within it.</summary>
    void Begin(MimeHead head, int depth);

    /// <summary>Some of the entity's content, its transfer encoding undone. Not called for multiparts.</summary>
    void Content(ReadOnlySpan<byte> bytes);

    /// <summary>The entity that has content is over.</summary>
    /// <param name="isComplete">False: the message ended within it.</param>
    void End(bool isComplete);

    void Anomaly(MimeAnomaly anomaly);
}

/// <summary>Something odd in a message. Told at most once each per message.</summary>
public enum MimeAnomaly : byte
{
    InvalidBase64,
    InvalidQuotedPrintable,

    /// <summary>RFC 5322 §2.1.1: 998 characters.</summary>
    LongLine,

    /// <summary>RFC 2045 §6: 76 characters.</summary>
    LongEncodedLine,
    LongHeaderName,
    LongHeaderValue,
    LongBoundary,
    LongFileName,

    /// <summary>A line of a head is no field, or parts are nested too deeply.</summary>
    MalformedMessage,
}
