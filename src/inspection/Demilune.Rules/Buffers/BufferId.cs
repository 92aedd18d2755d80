namespace Demilune.Rules.Buffers;

/// <summary>A buffer that rules can look into. Small and dense: it indexes arrays.</summary>
/// <remarks>Names, aliases, directions and protocols are in <see cref="BufferCatalog"/>.</remarks>
public enum BufferId : byte
{
    /// <summary>The payload of the packet at hand: UDP, ICMP, and what <c>tcp-pkt</c> or anchored <c>tcp</c> rules ask for.</summary>
    PacketPayload,

    /// <summary>The reassembled TCP stream of one direction, in windows.</summary>
    Stream,

    HttpMethod, HttpUri, HttpUriRaw, HttpProtocol, HttpRequestLine, HttpHost, HttpHostRaw, HttpUserAgent, HttpReferer, HttpCookie,
    HttpAccept, HttpAcceptEnc, HttpAcceptLang, HttpConnection, HttpContentLen, HttpContentType, HttpHeader, HttpHeaderRaw,
    HttpHeaderNames, HttpRequestHeader, HttpRequestBody, HttpStart,
    HttpResponseLine, HttpStatCode, HttpStatMsg, HttpServer, HttpLocation, HttpResponseHeader, HttpResponseBody,

    /// <summary>Content of a file in transit: HTTP bodies after decoding, mail attachments, FTP, SMB, NFS.</summary>
    FileData,
    FileName, FileMagic,

    /// <summary>No bytes: the size is the view's offset.</summary>
    FileSize,

    /// <summary>Hashes of complete files, in binary.</summary>
    FileMd5, FileSha1, FileSha256,

    Http2HeaderName, Http2Header, Http2FrameType, Http2ErrorCode, Http2Priority, Http2Window, Http2SizeUpdate, Http2Settings,
    DnsQuery, DnsAnswerName, DnsQueryName,
    TlsSni, TlsCertSubject, TlsCertIssuer, TlsCertSerial, TlsCertFingerprint, TlsCerts, TlsVersion, TlsRandom, TlsRandomTime, TlsRandomBytes,
    TlsAlpn, TlsCertChainLength, TlsCertNotBefore, TlsCertNotAfter,

    /// <summary>A number: 0 the certificate is valid, 1 it has run out, 2 it is not valid yet.</summary>
    TlsCertValidity,

    /// <summary>A number: how far the handshake is.</summary>
    SslState,
    Ja3Hash, Ja3String, Ja3sHash, Ja3sString, Ja4Hash,
    SshProto, SshSoftware, SshHassh, SshHasshString, SshHasshServer, SshHasshServerString,
    SmtpHelo, SmtpMailFrom, SmtpRcptTo,
    FtpdataCommand, FtpBounce,
    SmbNamedPipe, SmbShare, SmbNtlmsspUser, SmbNtlmsspDomain, DceStubData, DceInterface, DceOperation,
    KrbCname, KrbSname, KrbMessageType, KrbErrorCode, KrbWeakEncryption, KrbTicketEncryption,
    DhcpLeaseTime, DhcpRebindingTime, DhcpRenewalTime,
    SnmpVersion, SnmpPduType, DnsOpcode, RfbSecurityType, RfbSecurityResult,
    MqttConnectClientId, MqttConnectUsername, MqttConnectPassword, MqttPublishTopic, MqttPublishMessage, MqttSubscribeTopic,
    MqttUnsubscribeTopic, MqttConnectWillTopic, MqttConnectWillMessage, MqttConnectProtocolString,
    MqttType, MqttFlags, MqttQos, MqttReasonCode, MqttSessionPresent, MqttConnectFlags, MqttProtocolVersion,
    Dnp3Data, Dnp3Function, Dnp3Object, Dnp3Indications,
    SnmpCommunity, SnmpUsm, RfbName, SipMethod, SipUri, SipProtocol, SipStatCode, SipStatMsg, SipRequestLine, SipResponseLine,
    ModbusRequest, EnipCommand, CipService,
    IkeInitiatorSpi, IkeResponderSpi, IkeExchangeType, IkeVendor, IkeKeyExchange, IkeKeyExchangeLength, IkeNonce, IkeNonceLength,

    /// <summary>Numbers: kind of the attribute above, its value below.</summary>
    IkeChosenAttribute,
    NfsProcedure, NfsVersion,
    QuicSni, QuicUa, QuicVersion, QuicCyuHash, QuicCyuString,
    WebSocketPayload, WebSocketOpcode, WebSocketMask, WebSocketFlags,
    RedisCommand, RedisKey, RedisArgument, RedisReply, RedisError,
    MySqlCommand, MySqlQuery, MySqlUser, MySqlDatabase, MySqlVersion, MySqlError, MySqlFile,
    LdapRequestOperation, LdapRequestDn, LdapRequestAttributeType, LdapRequestAttributes, LdapResponsesOperation, LdapResponsesCount, LdapResponsesDn,
    LdapResponsesResultCode, LdapResponsesMessage, LdapResponsesAttributeType, LdapResponsesAttributes,
    KafkaApi, KafkaClientId, KafkaTopic,
    MongoCommand, MongoDatabase, MongoCollection, MongoKey, MongoDocument, MongoError,

    /// <summary>What <c>base64_decode</c> decoded from the buffer before it. Made by the matcher itself.</summary>
    Base64Data,

    /// <summary>Names of what a protocol's parser noticed, in lower case: <c>tls.invalid_record_type</c>.</summary>
    AppLayerEvent,

    /// <summary>A piece of a protocol as it is on the wire; <see cref="Headers.PacketFacts.Frame"/> says which.</summary>
    Frame,

    /// <summary>IP and transport headers as they were on the wire.</summary>
    Ipv4Header, Ipv6Header, TcpHeader, UdpHeader, Icmpv4Header, Icmpv6Header,

    /// <summary>The packet's addresses: 4 or 16 bytes.</summary>
    IpSource, IpDestination,
}
