namespace Demilune.Wire.Http1;

/// <summary>What is odd about a message. <see cref="Http1Anomalies"/> names them and says which make a message mean two things.</summary>
public enum Http1Anomaly : byte
{
    None,
    HeadTooLong,
    TooManyFields,
    TooManyBlankLines,
    NullInHead,
    BareLineFeed,
    BareCarriageReturn,
    ObsoleteFold,
    SpaceBeforeColon,
    MissingColon,
    EmptyFieldName,
    InvalidFieldName,
    InvalidRequestLine,
    InvalidStatusLine,
    NoVersion,
    UnknownVersion,
    RepeatedContentLength,
    ConflictingContentLength,
    InvalidContentLength,
    TransferEncodingAndContentLength,
    UnknownTransferEncoding,
    ChunkedNotFinal,
    TransferEncodingInHttp10,
    RepeatedHost,
    MissingHost,
    InvalidChunkSize,
    ChunkExtension,
    ChunkSpace,

    /// <summary>Something else than an extension behind the size of a chunk, which clients pass over.</summary>
    ChunkJunk,
    ChunkLineFeed,
    MissingChunkEnd,
    TruncatedMessage,
    ResponseWithoutRequest,
    UnknownContentEncoding,
    TooManyContentEncodings,
    InvalidContentEncoding,
    DecompressionBomb,
    TooManyPipelined,
    DoubleEncodedUri,
    OverlongUtf8Uri,
    PercentUUri,
    InvalidPercentUri,
    NullInUri,
    BackslashUri,
    PathAboveRoot,

    /// <summary>Captures only: a request without a body has one.</summary>
    RequestBodyUnexpected,
}

/// <summary>Names and weight of the anomalies.</summary>
public static class Http1Anomalies
{
    /// <summary>The name that events carry: <c>http.</c> and the member in lower case with underscores.</summary>
    public static string Name(this Http1Anomaly anomaly) => s_names[(int)anomaly];

    /// <summary>
    /// Two receivers may disagree where this request ends or to whom it goes (RFC 9112 §11.2), or it goes past a limit of ours: what follows cannot
    /// be judged, so an inline inspector does not let it through.
    /// </summary>
    public static bool IsAmbiguous(this Http1Anomaly anomaly) => anomaly is
        Http1Anomaly.HeadTooLong or Http1Anomaly.TooManyFields or Http1Anomaly.TooManyBlankLines or Http1Anomaly.NullInHead
        or Http1Anomaly.SpaceBeforeColon or Http1Anomaly.MissingColon or Http1Anomaly.EmptyFieldName
        or Http1Anomaly.ConflictingContentLength or Http1Anomaly.InvalidContentLength or Http1Anomaly.TransferEncodingAndContentLength
        or Http1Anomaly.UnknownTransferEncoding or Http1Anomaly.ChunkedNotFinal or Http1Anomaly.TransferEncodingInHttp10
        or Http1Anomaly.RepeatedHost or Http1Anomaly.InvalidChunkSize or Http1Anomaly.ChunkLineFeed or Http1Anomaly.MissingChunkEnd
        or Http1Anomaly.DecompressionBomb or Http1Anomaly.TooManyPipelined or Http1Anomaly.TooManyContentEncodings;

    private static readonly string[] s_names = Array.ConvertAll(Enum.GetNames<Http1Anomaly>(), ToSnake);

    private static string ToSnake(string name)
    {
        var text = new System.Text.StringBuilder("http.");
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text[^1] != '.') text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
