using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Quic;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Quic;

/// <summary>EVE's <c>quic</c> object.</summary>
internal sealed class QuicFields(QuicSession session) : IRecordFields
{
    private static readonly Dictionary<int, string> s_extensions = new()
    {
        [0] = "server_name", [1] = "max_fragment_length", [2] = "client_certificate_url", [3] = "trusted_ca_keys", [4] = "truncated_hmac",
        [5] = "status_request", [6] = "user_mapping", [7] = "client_authz", [8] = "server_authz", [9] = "cert_type", [10] = "supported_groups",
        [11] = "ec_point_formats", [12] = "srp", [13] = "signature_algorithms", [14] = "use_srtp", [15] = "heartbeat", [16] = "alpn",
        [17] = "status_request_v2", [18] = "signed_certificate_timestamp", [19] = "client_certificate_type", [20] = "server_certificate_type",
        [21] = "padding", [22] = "encrypt_then_mac", [23] = "extended_master_secret", [24] = "token_binding", [25] = "cached_info", [26] = "tls_lts",
        [27] = "compress_certificate", [28] = "record_size_limit", [29] = "pwd_protect", [30] = "pwd_clear", [31] = "password_salt",
        [32] = "ticket_pinning", [33] = "tls_cert_with_extern_psk", [34] = "delegated_credentials", [35] = "session_ticket", [36] = "tlmsp",
        [37] = "tlmsp_proxying", [38] = "tlmsp_delegate", [39] = "supported_ekt_ciphers", [41] = "pre_shared_key", [42] = "early_data",
        [43] = "supported_versions", [44] = "cookie", [45] = "psk_key_exchange_modes", [47] = "certificate_authorities", [48] = "oid_filters",
        [49] = "post_handshake_auth", [50] = "signature_algorithms_cert", [51] = "key_share", [52] = "transparency_info",
        [53] = "connection_id_deprecated", [54] = "connection_id", [55] = "external_id_hash", [56] = "external_session_id",
        [57] = "quic_transport_parameters", [58] = "ticket_request", [59] = "dnssec_chain", [13172] = "next_protocol_negotiation",
        [65281] = "renegotiation_info",
    };

    private readonly EveText _text = new();

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("version"u8, QuicVersions.NameOf(session.Version));
        if (!session.ServerName.IsEmpty) json.WriteString("sni"u8, _text.Of(session.ServerName));
        if (!session.UserAgent.IsEmpty) json.WriteString("ua"u8, _text.Of(session.UserAgent));
        if (session.CyuTexts.Count > 0)
        {
            json.WriteStartArray("cyu"u8);
            for (var i = 0; i < session.CyuTexts.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("hash"u8, session.CyuHashes[i]);
                json.WriteString("string"u8, session.CyuTexts[i]);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (!session.Ja3Hash.IsEmpty)
        {
            json.WriteStartObject(session.From == Side.Client ? "ja3"u8 : "ja3s"u8);
            json.WriteString("hash"u8, session.Ja3Hash);
            json.WriteString("string"u8, session.Ja3Text);
            json.WriteEndObject();
        }
        if (session.TellsJa4 && !session.Ja4Text.IsEmpty) json.WriteString("ja4"u8, session.Ja4Text);
        if (session.Hello.Extensions.Count > 0) WriteExtensions(json);
    }

    private void WriteExtensions(Utf8JsonWriter json)
    {
        json.WriteStartArray("extensions"u8);
        foreach (var extension in session.Hello.Extensions)
        {
            json.WriteStartObject();
            if (s_extensions.TryGetValue(extension.Type, out var name)) json.WriteString("name"u8, name);
            json.WriteNumber("type"u8, extension.Type);
            if (extension.Type is TlsExtension.ServerName && !session.ServerName.IsEmpty)
            {
                json.WriteStartArray("values"u8);
                json.WriteStringValue(_text.Of(session.ServerName));
                json.WriteEndArray();
            }
            else if (extension.Type == TlsExtension.Protocols && session.Hello.TryGetProtocol(0, out _))
            {
                json.WriteStartArray("values"u8);
                for (var i = 0; session.Hello.TryGetProtocol(i, out var protocol); i++) json.WriteStringValue(_text.Of(protocol));
                json.WriteEndArray();
            }
            else if (extension.Type == TlsExtension.Versions && !session.Hello.SupportedVersions.IsEmpty)
            {
                WriteNumbers(json, session.Hello.SupportedVersions, static version => version switch
                {
                    0x0300 => "Ssl30",
                    0x0301 => "Tls10",
                    0x0302 => "Tls11",
                    0x0303 => "Tls12",
                    0x0304 => "Tls13",
                    >= 0x7f12 and <= 0x7f17 => string.Create(CultureInfo.InvariantCulture, $"Tls13Draft{version & 0xff}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $"TlsVersion({version} / 0x{version:x})"),
                });
            }
            else if (extension.Type == TlsExtension.Signatures && !session.Hello.SignatureAlgorithms.IsEmpty)
            {
                WriteNumbers(json, session.Hello.SignatureAlgorithms, static algorithm => algorithm.ToString(CultureInfo.InvariantCulture));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<byte> list, Func<ushort, string> name)
    {
        json.WriteStartArray("values"u8);
        for (; list.Length >= 2; list = list[2..]) json.WriteStringValue(name(BinaryPrimitives.ReadUInt16BigEndian(list)));
        json.WriteEndArray();
    }
}
