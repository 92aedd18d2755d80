using Demilune.Rules.Headers;

namespace Demilune.Rules.Analysis;

/// <summary>How far a transaction has to be before Suricata 7 looks into a buffer: its <c>progress</c>, as seen of Suricata 7.0.10.</summary>
internal static class EngineProgress
{
    public static int Of(string buffer, string app, FlowDirections direction)
    {
        var toServer = direction == FlowDirections.ToServer;
        return app switch
        {
            "http" => buffer switch
            {
                "http_method" or "http_uri" or "http_raw_uri" or "http_protocol" or "http_request_line" or "http_response_line" or "http_stat_code" or "http_stat_msg" => 1,
                "http_client_body" or "http_raw_header" or "file_data" or "file.name" or "file.magic" or "files" => 3,
                _ => 2,
            },
            "http2" => buffer switch
            {
                "http2" => 0,
                "http2_header_name" or "http_request_header" or "http_response_header" => 1,
                _ => toServer ? 3 : 5,
            },
            "dns" or "ike" or "rfb" => 1,
            "quic" => buffer == "quic.cyu.string" ? 0 : 1,
            "mqtt" => buffer is "mqtt.connect.clientid" or "mqtt.connect.username" or "mqtt.connect.password" or "mqtt.connect.willmessage" or "mqtt.connect.willtopic" or "mqtt.publish.message" or "mqtt.publish.topic" ? 0 : 1,
            "tls" => buffer is "tls.cert_issuer" or "tls.cert_serial" or "tls.cert_subject" or "tls.certs" or "tls_validity" ? 1 : 0,
            "sip" => buffer is "sip.protocol" or "sip.stat_code" or "sip.stat_msg" ? 1 : 0,
            "ssh" => 2,
            _ => 0,
        };
    }
}
