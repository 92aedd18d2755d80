using Demilune.Wire.Tls;
using Demilune.Wire.X509;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>What is noticed in TLS, by Suricata's names.</summary>
internal static class TlsEvents
{
    public static IReadOnlyList<string> All { get; } =
    [
        .. ((string[])
        [
            "invalid_sslv2_header", "invalid_tls_header", "invalid_record_version", "invalid_record_type", "invalid_record_length",
            "invalid_handshake_message", "heartbeat_message", "invalid_heartbeat_message", "overflow_heartbeat_message",
            "dataleak_heartbeat_mismatch", "handshake_invalid_length", "multiple_sni_extensions", "invalid_sni_type", "invalid_sni_length",
            "too_many_records_in_packet", "invalid_alert_message", "invalid_certificate", "certificate_missing_element", "certificate_unknown_element",
            "certificate_invalid_length", "certificate_invalid_version", "certificate_invalid_serial", "certificate_invalid_algorithmidentifier",
            "certificate_invalid_x509name", "certificate_invalid_date", "certificate_invalid_extensions", "certificate_invalid_der",
            "certificate_invalid_subject", "certificate_invalid_issuer", "certificate_invalid_validity", "error_message_encountered",
            "invalid_ssl_record", "handshake_too_long",
        ]).Select(name => $"tls.{name}"),
    ];

    public static string Of(TlsFault fault) => fault switch
    {
        TlsFault.RecordType => "tls.INVALID_RECORD_TYPE",
        TlsFault.RecordLength => "tls.INVALID_RECORD_LENGTH",
        TlsFault.Version2Header => "tls.INVALID_SSLV2_HEADER",
        TlsFault.MessageLength => "tls.handshake_too_long",
        TlsFault.MessageType => "tls.INVALID_HANDSHAKE_MESSAGE",
        _ => "tls.INVALID_TLS_HEADER",
    };

    public static string Of(CertificateFault fault) => fault switch
    {
        CertificateFault.Version => "tls.CERTIFICATE_INVALID_VERSION",
        CertificateFault.Serial => "tls.CERTIFICATE_INVALID_SERIAL",
        CertificateFault.Algorithm => "tls.CERTIFICATE_INVALID_ALGORITHMIDENTIFIER",
        CertificateFault.Issuer or CertificateFault.Subject => "tls.CERTIFICATE_INVALID_X509NAME",
        CertificateFault.Date => "tls.CERTIFICATE_INVALID_DATE",
        _ => "tls.CERTIFICATE_INVALID_DER",
    };
}
