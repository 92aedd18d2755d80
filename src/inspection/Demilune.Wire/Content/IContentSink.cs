namespace Demilune.Wire.Content;

/// <summary>Takes what <see cref="ContentDecoder"/> makes of an encoded body.</summary>
public interface IContentSink
{
    /// <summary>Some decoded bytes, or the bytes as they are after a failure.</summary>
    void Content(ReadOnlySpan<byte> bytes);

    /// <summary>Decoding has come to an end before the body did. Told once.</summary>
    void Failed(ContentFailure failure);
}

/// <summary>Why a body cannot be decoded.</summary>
public enum ContentFailure : byte
{
    /// <summary>A coding that we do not know.</summary>
    UnknownCoding,

    /// <summary>More codings on top of each other than anybody uses.</summary>
    TooManyCodings,

    /// <summary>The bytes are not what the coding's name says.</summary>
    Invalid,

    /// <summary>It grows out of all proportion.</summary>
    Bomb,
}
