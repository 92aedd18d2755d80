using System.Collections.Frozen;
using Demilune.Rules.Headers;
using static Demilune.Rules.Buffers.BufferId;
using static Demilune.Rules.Headers.AppProtocol;
using static Demilune.Rules.Headers.FlowDirections;

namespace Demilune.Rules.Buffers;

/// <summary>Every buffer of the language: what a sticky keyword names, in which direction it occurs, and the older names that still work.</summary>
public static class BufferCatalog
{
    private static readonly BufferInfo[] s_all = Sorted(
    [
        new(PacketPayload, "payload", Both, Unknown), new(BufferId.Stream, "stream", Both, Unknown),
        new(BufferId.HttpMethod, "http.method", ToServer, Http1), new(HttpUri, "http.uri", ToServer, Http1), new(HttpUriRaw, "http.uri.raw", ToServer, Http1),
        new(HttpProtocol, "http.protocol", Both, Http1), new(HttpRequestLine, "http.request_line", ToServer, Http1),
        new(HttpHost, "http.host", ToServer, Http1), new(HttpHostRaw, "http.host.raw", ToServer, Http1),
        new(HttpUserAgent, "http.user_agent", ToServer, Http1), new(HttpReferer, "http.referer", ToServer, Http1),
        new(HttpCookie, "http.cookie", Both, Http1), new(HttpAccept, "http.accept", ToServer, Http1),
        new(HttpAcceptEnc, "http.accept_enc", ToServer, Http1), new(HttpAcceptLang, "http.accept_lang", ToServer, Http1),
        new(HttpConnection, "http.connection", Both, Http1), new(HttpContentLen, "http.content_len", Both, Http1),
        new(HttpContentType, "http.content_type", Both, Http1), new(HttpHeader, "http.header", Both, Http1),
        new(HttpHeaderRaw, "http.header.raw", Both, Http1), new(HttpHeaderNames, "http.header_names", Both, Http1),
        new(HttpRequestHeader, "http.request_header", ToServer, Http1, true), new(HttpRequestBody, "http.request_body", ToServer, Http1),
        new(HttpStart, "http.start", Both, Http1), new(HttpResponseLine, "http.response_line", ToClient, Http1),
        new(HttpStatCode, "http.stat_code", ToClient, Http1), new(HttpStatMsg, "http.stat_msg", ToClient, Http1),
        new(HttpServer, "http.server", ToClient, Http1), new(HttpLocation, "http.location", ToClient, Http1),
        new(HttpResponseHeader, "http.response_header", ToClient, Http1, true), new(HttpResponseBody, "http.response_body", ToClient, Http1),
        new(FileData, "file.data", Both, Unknown, true), new(FileName, "file.name", Both, Unknown, true), new(FileMagic, "file.magic", Both, Unknown, true),
        new(FileSize, "filesize", Both, Unknown, true), new(FileMd5, "filemd5", Both, Unknown, true), new(FileSha1, "filesha1", Both, Unknown, true),
        new(FileSha256, "filesha256", Both, Unknown, true),
        new(BufferId.Http2FrameType, "http2.frametype", Both, Http2), new(BufferId.Http2ErrorCode, "http2.errorcode", Both, Http2), new(Http2Priority, "http2.priority", Both, Http2),
        new(Http2Window, "http2.window", Both, Http2), new(Http2SizeUpdate, "http2.size_update", Both, Http2), new(Http2Settings, "http2.settings", Both, Http2, true),
        new(Http2HeaderName, "http2.header_name", Both, Http2, true), new(Http2Header, "http2.header", Both, Http2, true),
        new(DnsQuery, "dns.query", ToServer, Dns, true), new(DnsAnswerName, "dns.answer.name", Both, Dns, true),
        new(DnsQueryName, "dns.query.name", Both, Dns, true),
        new(TlsSni, "tls.sni", ToServer, Tls), new(TlsCertSubject, "tls.cert_subject", Both, Tls), new(TlsCertIssuer, "tls.cert_issuer", Both, Tls),
        new(TlsCertSerial, "tls.cert_serial", Both, Tls), new(TlsCertFingerprint, "tls.cert_fingerprint", Both, Tls),
        new(TlsCerts, "tls.certs", Both, Tls, true), new(TlsVersion, "tls.version", Both, Tls), new(TlsRandom, "tls.random", Both, Tls),
        new(TlsAlpn, "tls.alpn", Both, Tls, true), new(TlsCertChainLength, "tls.cert_chain_len", Both, Tls), new(SslState, "ssl_state", Both, Tls),
        new(TlsCertNotBefore, "tls_cert_notbefore", Both, Tls), new(TlsCertNotAfter, "tls_cert_notafter", Both, Tls),
        new(TlsCertValidity, "tls_cert_valid", Both, Tls),
        new(TlsRandomTime, "tls.random_time", Both, Tls), new(TlsRandomBytes, "tls.random_bytes", Both, Tls),
        new(Ja3Hash, "ja3.hash", ToServer, Tls), new(Ja3String, "ja3.string", ToServer, Tls), new(Ja3sHash, "ja3s.hash", ToClient, Tls),
        new(Ja3sString, "ja3s.string", ToClient, Tls), new(Ja4Hash, "ja4.hash", ToServer, Tls),
        new(SshProto, "ssh.proto", Both, Ssh), new(SshSoftware, "ssh.software", Both, Ssh), new(SshHassh, "ssh.hassh", ToServer, Ssh),
        new(SshHasshString, "ssh.hassh.string", ToServer, Ssh), new(SshHasshServer, "ssh.hassh.server", ToClient, Ssh),
        new(SshHasshServerString, "ssh.hassh.server.string", ToClient, Ssh),
        new(SmtpHelo, "smtp.helo", ToServer, Smtp), new(SmtpMailFrom, "smtp.mail_from", ToServer, Smtp), new(SmtpRcptTo, "smtp.rcpt_to", ToServer, Smtp, true),
        new(FtpdataCommand, "ftpdata_command", Both, FtpData), new(FtpBounce, "ftpbounce", ToServer, Ftp),
        new(SmbNamedPipe, "smb.named_pipe", ToServer, Smb), new(SmbShare, "smb.share", ToServer, Smb),
        new(SmbNtlmsspUser, "smb.ntlmssp_user", ToServer, Smb), new(SmbNtlmsspDomain, "smb.ntlmssp_domain", ToServer, Smb),
        new(DceStubData, "dcerpc.stub_data", Both, Unknown), new(BufferId.DceInterface, "dcerpc.iface", Both, Unknown),
        new(DceOperation, "dcerpc.opnum", Both, Unknown),
        new(KrbCname, "krb5_cname", ToClient, Kerberos, true), new(KrbSname, "krb5_sname", ToClient, Kerberos, true),
        new(MqttConnectClientId, "mqtt.connect.clientid", Both, Mqtt), new(MqttConnectUsername, "mqtt.connect.username", Both, Mqtt),
        new(MqttConnectPassword, "mqtt.connect.password", Both, Mqtt), new(MqttPublishTopic, "mqtt.publish.topic", Both, Mqtt),
        new(MqttPublishMessage, "mqtt.publish.message", Both, Mqtt), new(MqttSubscribeTopic, "mqtt.subscribe.topic", Both, Mqtt, true),
        new(MqttUnsubscribeTopic, "mqtt.unsubscribe.topic", Both, Mqtt, true), new(MqttConnectWillTopic, "mqtt.connect.willtopic", Both, Mqtt),
        new(MqttConnectWillMessage, "mqtt.connect.willmessage", Both, Mqtt),
        new(MqttConnectProtocolString, "mqtt.connect.protocol_string", Both, Mqtt), new(MqttType, "mqtt.type", Both, Mqtt, true),
        new(MqttFlags, "mqtt.flags", Both, Mqtt, true), new(MqttQos, "mqtt.qos", Both, Mqtt, true), new(MqttReasonCode, "mqtt.reason_code", Both, Mqtt, true),
        new(MqttSessionPresent, "mqtt.connack.session_present", Both, Mqtt, true), new(MqttConnectFlags, "mqtt.connect.flags", Both, Mqtt, true),
        new(MqttProtocolVersion, "mqtt.protocol_version", Both, Mqtt), new(Frame, "frame", Both, Unknown),
        new(Dnp3Data, "dnp3.data", Both, Dnp3), new(Dnp3Function, "dnp3_func", Both, Dnp3), new(Dnp3Object, "dnp3_obj", Both, Dnp3, true),
        new(Dnp3Indications, "dnp3_ind", ToClient, Dnp3),
        new(KrbMessageType, "krb5_msg_type", Both, Kerberos), new(KrbErrorCode, "krb5_err_code", Both, Kerberos),
        new(KrbWeakEncryption, "krb5.weak_encryption", Both, Kerberos), new(KrbTicketEncryption, "krb5.ticket_encryption", Both, Kerberos),
        new(DhcpLeaseTime, "dhcp.leasetime", Both, Dhcp), new(DhcpRebindingTime, "dhcp.rebinding_time", Both, Dhcp),
        new(DhcpRenewalTime, "dhcp.renewal_time", Both, Dhcp), new(SnmpVersion, "snmp.version", Both, Snmp), new(SnmpPduType, "snmp.pdu_type", Both, Snmp),
        new(DnsOpcode, "dns.opcode", Both, Dns),
        new(RfbSecurityType, "rfb.sectype", Both, Rfb), new(RfbSecurityResult, "rfb.secresult", Both, Rfb),
        new(SnmpCommunity, "snmp.community", Both, Snmp), new(SnmpUsm, "snmp.usm", Both, Snmp), new(RfbName, "rfb.name", ToClient, Rfb),
        new(SipMethod, "sip.method", ToServer, Sip), new(SipUri, "sip.uri", ToServer, Sip), new(SipProtocol, "sip.protocol", Both, Sip),
        new(SipStatCode, "sip.stat_code", ToClient, Sip), new(SipStatMsg, "sip.stat_msg", ToClient, Sip),
        new(SipRequestLine, "sip.request_line", ToServer, Sip), new(SipResponseLine, "sip.response_line", ToClient, Sip),
        new(BufferId.ModbusRequest, "modbus", ToServer, Modbus), new(EnipCommand, "enip_command", Both, Enip), new(BufferId.CipService, "cip_service", Both, Enip, true),
        new(IkeInitiatorSpi, "ike.init_spi", Both, Ike), new(IkeResponderSpi, "ike.resp_spi", Both, Ike), new(IkeExchangeType, "ike.exchtype", Both, Ike),
        new(IkeVendor, "ike.vendor", Both, Ike, true), new(IkeKeyExchange, "ike.key_exchange_payload", Both, Ike),
        new(IkeKeyExchangeLength, "ike.key_exchange_payload_length", Both, Ike), new(IkeNonce, "ike.nonce_payload", Both, Ike),
        new(IkeNonceLength, "ike.nonce_payload_length", Both, Ike), new(IkeChosenAttribute, "ike.chosen_sa_attribute", ToClient, Ike, true),
        new(NfsProcedure, "nfs_procedure", Both, Nfs, true), new(NfsVersion, "nfs_version", Both, Nfs),
        new(QuicSni, "quic.sni", ToServer, Quic), new(QuicUa, "quic.ua", ToServer, Quic), new(QuicVersion, "quic.version", Both, Quic),
        new(QuicCyuHash, "quic.cyu.hash", Both, Quic, true), new(QuicCyuString, "quic.cyu.string", Both, Quic, true),
        new(WebSocketPayload, "websocket.payload", Both, WebSocket), new(BufferId.WebSocketOpcode, "websocket.opcode", Both, WebSocket),
        new(WebSocketMask, "websocket.mask", Both, WebSocket), new(BufferId.WebSocketFlags, "websocket.flags", Both, WebSocket),
        new(RedisCommand, "redis.command", Both, Redis), new(RedisKey, "redis.key", Both, Redis), new(RedisArgument, "redis.argument", ToServer, Redis, true),
        new(RedisReply, "redis.reply", ToClient, Redis, true), new(RedisError, "redis.error", ToClient, Redis),
        new(MySqlCommand, "mysql.command", Both, MySql), new(MySqlQuery, "mysql.query", Both, MySql), new(MySqlUser, "mysql.user", Both, MySql),
        new(MySqlDatabase, "mysql.database", Both, MySql), new(MySqlVersion, "mysql.version", ToClient, MySql), new(MySqlError, "mysql.error", ToClient, MySql),
        new(MySqlFile, "mysql.local_infile", ToClient, MySql),
        new(LdapRequestOperation, "ldap.request.operation", Both, Ldap), new(LdapRequestDn, "ldap.request.dn", ToServer, Ldap),
        new(LdapRequestAttributeType, "ldap.request.attribute_type", ToServer, Ldap, true), new(LdapRequestAttributes, "ldap.request.attributes", ToServer, Ldap, true),
        new(LdapResponsesOperation, "ldap.responses.operation", ToClient, Ldap), new(LdapResponsesCount, "ldap.responses.count", ToClient, Ldap),
        new(LdapResponsesDn, "ldap.responses.dn", ToClient, Ldap, true), new(LdapResponsesResultCode, "ldap.responses.result_code", ToClient, Ldap),
        new(LdapResponsesMessage, "ldap.responses.message", ToClient, Ldap, true), new(LdapResponsesAttributeType, "ldap.responses.attribute_type", ToClient, Ldap, true),
        new(LdapResponsesAttributes, "ldap.responses.attributes", ToClient, Ldap, true),
        new(BufferId.KafkaApi, "kafka.api", ToServer, Kafka), new(KafkaClientId, "kafka.client_id", ToServer, Kafka), new(KafkaTopic, "kafka.topic", ToServer, Kafka, true),
        new(MongoCommand, "mongodb.command", Both, MongoDb), new(MongoDatabase, "mongodb.database", Both, MongoDb), new(MongoCollection, "mongodb.collection", Both, MongoDb),
        new(MongoKey, "mongodb.key", ToServer, MongoDb, true), new(MongoDocument, "mongodb.document", Both, MongoDb, true), new(MongoError, "mongodb.error", ToClient, MongoDb),
        new(Base64Data, "base64_data", Both, Unknown), new(BufferId.AppLayerEvent, "app-layer-event", Both, Unknown),
        new(Ipv4Header, "ipv4.hdr", Both, Unknown), new(Ipv6Header, "ipv6.hdr", Both, Unknown), new(TcpHeader, "tcp.hdr", Both, Unknown),
        new(UdpHeader, "udp.hdr", Both, Unknown), new(Icmpv4Header, "icmpv4.hdr", Both, Unknown), new(Icmpv6Header, "icmpv6.hdr", Both, Unknown),
        new(IpSource, "ip.src", Both, Unknown), new(IpDestination, "ip.dst", Both, Unknown),
    ]);

    /// <summary>Names of former times, still in rules.</summary>
    private static readonly Dictionary<string, BufferId> s_aliases = new()
    {
        ["file_data"] = FileData, ["dns_query"] = DnsQuery, ["tls_sni"] = TlsSni, ["tls_cert_subject"] = TlsCertSubject,
        ["tls_cert_issuer"] = TlsCertIssuer, ["tls_cert_serial"] = TlsCertSerial, ["tls_cert_fingerprint"] = TlsCertFingerprint,
        ["ja3_hash"] = Ja3Hash, ["ja3_string"] = Ja3String, ["ssh_proto"] = SshProto, ["ssh_software"] = SshSoftware,
        ["http_request_line"] = HttpRequestLine, ["http_response_line"] = HttpResponseLine, ["http_protocol"] = HttpProtocol,
        ["http_start"] = HttpStart, ["http_header_names"] = HttpHeaderNames, ["http_accept"] = HttpAccept, ["http_accept_enc"] = HttpAcceptEnc,
        ["http_accept_lang"] = HttpAcceptLang, ["http_connection"] = HttpConnection, ["http_content_len"] = HttpContentLen,
        ["http_content_type"] = HttpContentType, ["http_referer"] = HttpReferer, ["smb_named_pipe"] = SmbNamedPipe, ["smb_share"] = SmbShare,
        ["dce_stub_data"] = DceStubData, ["krb5.cname"] = KrbCname, ["krb5.sname"] = KrbSname, ["dnp3_data"] = Dnp3Data,
    };

    private static readonly FrozenDictionary<string, BufferInfo> s_byName =
        s_all.Select(info => KeyValuePair.Create(info.Name, info))
            .Concat(s_aliases.Select(alias => KeyValuePair.Create(alias.Key, Get(alias.Value))))
            .ToFrozenDictionary(StringComparer.Ordinal);

    public static int Count => s_all.Length;

    public static BufferInfo Get(BufferId id) => s_all[(int)id];

    /// <summary>Finds a sticky buffer by what a rule calls it.</summary>
    public static BufferInfo? Find(string name) => s_byName.GetValueOrDefault(name);

    private static BufferInfo[] Sorted(BufferInfo[] infos)
    {
        Array.Sort(infos, (a, b) => a.Id.CompareTo(b.Id));
        for (var i = 0; i < infos.Length; i++)
            if ((int)infos[i].Id != i) throw new InvalidOperationException($"Buffer {(BufferId)i} is missing from the catalog or there twice.");
        return infos;
    }
}
