using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Mime;
using Demilune.Wire.Smtp;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>Mail on its way (RFC 5321), and what is in it.</summary>
internal static class SmtpProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Smtp,
        OfStream = static (from, bytes) => from == Side.Client ? SmtpDetection.OfClient(bytes) : SmtpDetection.OfServer(bytes),
        MarkOfSide = static (from, bytes) => from == Side.Client ? SmtpDetection.ByMark(bytes) : Wire.Detection.No,
        Buffers = [BufferId.SmtpHelo, BufferId.SmtpMailFrom, BufferId.SmtpRcptTo],
        Events =
        [
            "smtp.invalid_reply", "smtp.unable_to_match_reply_with_request", "smtp.max_command_line_len_exceeded", "smtp.max_reply_line_len_exceeded",
            "smtp.invalid_pipelined_sequence", "smtp.bdat_chunk_len_exceeded", "smtp.no_server_welcome_message", "smtp.tls_rejected",
            "smtp.data_command_rejected", "smtp.failed_protocol_change", "smtp.mime_parse_failed", "smtp.mime_malformed_msg", "smtp.mime_invalid_base64",
            "smtp.mime_invalid_qp", "smtp.mime_long_line", "smtp.mime_long_enc_line", "smtp.mime_long_header_name", "smtp.mime_long_header_value",
            "smtp.mime_boundary_too_long", "smtp.mime_long_boundary", "smtp.mime_long_filename", "smtp.duplicate_fields", "smtp.unparsable_content", "smtp.truncated_line",
            "smtp.ambiguous_end_of_data",
        ],
        Open = static (options, pool, detector) => new SmtpSession(options, pool, detector),
    };

    public static string NameOf(MimeAnomaly anomaly) => anomaly switch
    {
        MimeAnomaly.InvalidBase64 => "smtp.MIME_INVALID_BASE64",
        MimeAnomaly.InvalidQuotedPrintable => "smtp.MIME_INVALID_QP",
        MimeAnomaly.LongLine => "smtp.MIME_LONG_LINE",
        MimeAnomaly.LongEncodedLine => "smtp.MIME_LONG_ENC_LINE",
        MimeAnomaly.LongHeaderName => "smtp.MIME_LONG_HEADER_NAME",
        MimeAnomaly.LongHeaderValue => "smtp.MIME_LONG_HEADER_VALUE",
        MimeAnomaly.LongBoundary => "smtp.MIME_BOUNDARY_TOO_LONG",
        MimeAnomaly.LongFileName => "smtp.MIME_LONG_FILENAME",
        _ => "smtp.MIME_MALFORMED_MSG",
    };
}
