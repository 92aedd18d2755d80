using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>What the parser notices, by Suricata's names where it has one; the others keep ours.</summary>
internal static class HttpEvents
{
    /// <summary>Every name that a rule may ask for. Not all of them are noticed: <c>docs/not-supported.md</c>.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. ((string[])
        [
            "unknown_error", "gzip_decompression_failed", "request_field_missing_colon", "response_field_missing_colon", "invalid_request_chunk_len",
            "invalid_response_chunk_len", "invalid_transfer_encoding_value_in_request", "invalid_transfer_encoding_value_in_response",
            "invalid_content_length_field_in_request", "invalid_content_length_field_in_response", "duplicate_content_length_field_in_request",
            "duplicate_content_length_field_in_response", "100_continue_already_seen", "unable_to_match_response_to_request",
            "invalid_server_port_in_request", "invalid_authority_port", "request_header_invalid", "response_header_invalid", "missing_host_header",
            "host_header_ambiguous", "invalid_request_field_folding", "invalid_response_field_folding", "request_field_too_long",
            "response_field_too_long", "file_name_too_long", "request_line_invalid", "request_body_unexpected", "request_server_port_tcp_port_mismatch",
            "uri_host_invalid", "request_uri_host_invalid", "request_header_host_invalid", "request_too_many_headers", "response_too_many_headers", "header_host_invalid", "method_delim_non_compliant", "uri_delim_non_compliant", "request_line_leading_whitespace",
            "too_many_encoding_layers", "abnormal_ce_header", "request_auth_unrecognized", "request_header_repetition", "response_header_repetition",
            "double_encoded_uri", "response_multipart_byteranges", "response_abnormal_transfer_encoding", "response_chunked_old_proto",
            "response_invalid_protocol", "response_invalid_status", "request_line_incomplete", "lzma_memlimit_reached", "compression_bomb",
            "range_invalid", "request_chunk_extension", "request_line_missing_protocol", "multipart_generic_error", "multipart_no_filedata",
            "multipart_invalid_header", "too_many_warnings", "failed_protocol_change",
        ]).Select(name => $"http.{name}"),
        .. Enum.GetValues<Http1Anomaly>().Select(anomaly => anomaly.Name()),
    ];

    /// <summary>As Suricata tells it of a capture; null: it does not. What it tells of heads says <see cref="LibhtpHead"/>.</summary>
    public static string? InCapture(Http1Anomaly anomaly, bool isRequest) => anomaly switch
    {
        Http1Anomaly.HeadTooLong or Http1Anomaly.TooManyFields or Http1Anomaly.InvalidChunkSize or Http1Anomaly.ResponseWithoutRequest
            or Http1Anomaly.InvalidContentEncoding or Http1Anomaly.DecompressionBomb or Http1Anomaly.RequestBodyUnexpected => Of(anomaly, isRequest),
        Http1Anomaly.ChunkExtension => "http.REQUEST_CHUNK_EXTENSION",      // of either side
        _ => null,
    };

    public static string Of(Http1Anomaly anomaly, bool isRequest) => anomaly switch
    {
        Http1Anomaly.HeadTooLong => isRequest ? "http.REQUEST_FIELD_TOO_LONG" : "http.RESPONSE_FIELD_TOO_LONG",
        Http1Anomaly.TooManyFields => isRequest ? "http.REQUEST_TOO_MANY_HEADERS" : "http.RESPONSE_TOO_MANY_HEADERS",
        Http1Anomaly.MissingColon => isRequest ? "http.REQUEST_FIELD_MISSING_COLON" : "http.RESPONSE_FIELD_MISSING_COLON",
        Http1Anomaly.EmptyFieldName or Http1Anomaly.InvalidFieldName => isRequest ? "http.REQUEST_HEADER_INVALID" : "http.RESPONSE_HEADER_INVALID",
        Http1Anomaly.InvalidRequestLine => "http.REQUEST_LINE_INVALID",
        Http1Anomaly.NoVersion => "http.REQUEST_LINE_MISSING_PROTOCOL",
        Http1Anomaly.InvalidStatusLine => "http.RESPONSE_INVALID_STATUS",
        Http1Anomaly.RepeatedContentLength => isRequest ? "http.DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST" : "http.DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE",
        Http1Anomaly.InvalidContentLength => isRequest ? "http.INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST" : "http.INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE",
        Http1Anomaly.UnknownTransferEncoding => isRequest ? "http.INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST" : "http.INVALID_TRANSFER_ENCODING_VALUE_IN_RESPONSE",
        Http1Anomaly.MissingHost => "http.MISSING_HOST_HEADER",
        Http1Anomaly.InvalidChunkSize => isRequest ? "http.INVALID_REQUEST_CHUNK_LEN" : "http.INVALID_RESPONSE_CHUNK_LEN",
        Http1Anomaly.ChunkExtension when isRequest => "http.REQUEST_CHUNK_EXTENSION",
        Http1Anomaly.ResponseWithoutRequest => "http.UNABLE_TO_MATCH_RESPONSE_TO_REQUEST",
        Http1Anomaly.UnknownContentEncoding => "http.ABNORMAL_CE_HEADER",
        Http1Anomaly.TooManyContentEncodings => "http.TOO_MANY_ENCODING_LAYERS",
        Http1Anomaly.InvalidContentEncoding => "http.GZIP_DECOMPRESSION_FAILED",
        Http1Anomaly.DecompressionBomb => "http.COMPRESSION_BOMB",
        Http1Anomaly.RequestBodyUnexpected => "http.REQUEST_BODY_UNEXPECTED",
        Http1Anomaly.DoubleEncodedUri => "http.DOUBLE_ENCODED_URI",
        _ => anomaly.Name(),
    };
}
