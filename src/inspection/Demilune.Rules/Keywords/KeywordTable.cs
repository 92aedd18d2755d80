using System.Collections.Frozen;
using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Reads one option into the signature. Null: all well.</summary>
internal delegate SyntaxFault? KeywordParser(SignatureBuilder signature, OptionSyntax option);

/// <summary>Every keyword: what it does, or why it is refused.</summary>
internal static class KeywordTable
{
    private static readonly FrozenDictionary<string, KeywordParser> s_parsers = new Dictionary<string, KeywordParser>
    {
        ["msg"] = Identity.Message, ["sid"] = Identity.Sid, ["gid"] = Identity.Gid, ["rev"] = Identity.Rev,
        ["classtype"] = Identity.ClassType, ["priority"] = Identity.Priority, ["reference"] = Identity.Reference,
        ["metadata"] = Identity.Metadata, ["target"] = Identity.Target,
        ["noalert"] = Outcome.NoAlert, ["alert"] = Outcome.Alert, ["bypass"] = Outcome.Bypass, ["config"] = Outcome.Config,
        ["threshold"] = Threshold.Parse, ["detection_filter"] = Threshold.ParseFilter,
        ["flowint"] = Flowint.Parse, ["xbits"] = SharedBits.ParseXbits, ["hostbits"] = SharedBits.ParseHostbits,
        ["flowvar"] = Variables.ParseFlow, ["pktvar"] = Variables.ParsePacket,
        ["dataset"] = DatasetKeyword.Parse, ["datarep"] = DatasetKeyword.ParseReputation, ["requires"] = Requires.Parse,
        ["iprep"] = Iprep.Parse, ["tag"] = Tag.Parse, ["prefilter"] = Prefilter.Parse,
        ["flow"] = Flow.Parse, ["flowbits"] = Flowbits.Parse, ["stream_size"] = StreamSize.Parse,
        ["app-layer-protocol"] = AppLayerProtocol.Parse, ["app-layer-event"] = AppLayerEvent.Parse,
        ["stream-event"] = StreamEventKeyword.Parse,
        ["content"] = Content.Parse, ["uricontent"] = Content.ParseUri, ["nocase"] = ContentModifiers.NoCase, ["offset"] = ContentModifiers.Offset, ["depth"] = ContentModifiers.Depth,
        ["distance"] = ContentModifiers.Distance, ["within"] = ContentModifiers.Within, ["startswith"] = ContentModifiers.StartsWith,
        ["endswith"] = ContentModifiers.EndsWith, ["rawbytes"] = ContentModifiers.RawBytes, ["fast_pattern"] = FastPattern.Parse,
        ["isdataat"] = IsDataAt.Parse, ["asn1"] = Asn1Keyword.Parse, ["bsize"] = Size.Buffer, ["urilen"] = Size.Uri, ["pcre"] = Pcre.Parse,
        ["byte_test"] = ByteTest.Parse, ["byte_jump"] = ByteJump.Parse, ["byte_extract"] = ByteExtract.Parse, ["byte_math"] = ByteMath.Parse,
        ["dcerpc.iface"] = DceKeywords.Interface, ["dce_iface"] = DceKeywords.Interface, ["dcerpc.opnum"] = DceKeywords.Operation, ["dce_opnum"] = DceKeywords.Operation,
        ["ftpbounce"] = FtpKeywords.Bounce, ["ftpdata_command"] = FtpKeywords.DataCommand, ["ftpdata.command"] = FtpKeywords.DataCommand,
        ["filename"] = FileKeywords.Name, ["fileext"] = FileKeywords.Extension, ["filemagic"] = FileKeywords.Magic, ["filesize"] = FileKeywords.Size,
        ["filestore"] = FileKeywords.Store, ["filemd5"] = FileKeywords.Md5, ["filesha1"] = FileKeywords.Sha1, ["filesha256"] = FileKeywords.Sha256,
        ["base64_decode"] = Base64.Decode, ["base64_data"] = Base64.Data,
        ["pkt_data"] = StickyBuffer.Payload,
        ["dsize"] = PacketKeywords.PayloadSize, ["ttl"] = PacketKeywords.Ttl, ["tos"] = PacketKeywords.Tos, ["id"] = PacketKeywords.IpId,
        ["ip_proto"] = PacketKeywords.IpProtocol, ["sameip"] = PacketKeywords.SameIp, ["fragbits"] = PacketKeywords.FragmentBits,
        ["fragoffset"] = PacketKeywords.FragmentOffset, ["flags"] = PacketKeywords.TcpFlags, ["tcp.flags"] = PacketKeywords.TcpFlags,
        ["seq"] = PacketKeywords.TcpSequence, ["ack"] = PacketKeywords.TcpAcknowledgment, ["window"] = PacketKeywords.TcpWindow,
        ["tcp.mss"] = PacketKeywords.TcpMaximumSegment,
        ["tcp.seq"] = PacketKeywords.TcpSequence, ["tcp.ack"] = PacketKeywords.TcpAcknowledgment, ["tcp.window"] = PacketKeywords.TcpWindow,
        ["l3_proto"] = PacketKeywords.NetworkProtocol, ["flow.age"] = PacketKeywords.FlowAge,
        ["itype"] = PacketKeywords.IcmpType, ["icode"] = PacketKeywords.IcmpCode, ["icmp_id"] = PacketKeywords.IcmpId,
        ["icmp_seq"] = PacketKeywords.IcmpSequence, ["icmpv6.mtu"] = PacketKeywords.IcmpMtu, ["ipopts"] = IpOptionsKeyword.Parse,
        ["decode-event"] = DecodeEventKeyword.Parse, ["engine-event"] = DecodeEventKeyword.ParseFull,
        ["tls.version"] = TlsKeywords.Version, ["ssl_version"] = TlsKeywords.SslVersion, ["ssl_state"] = TlsKeywords.State,
        ["tls_cert_notbefore"] = TlsKeywords.NotBefore, ["tls_cert_notafter"] = TlsKeywords.NotAfter, ["tls_cert_expired"] = TlsKeywords.Expired,
        ["tls_cert_valid"] = TlsKeywords.Valid, ["tls.cert_chain_len"] = ProtocolNumber.Of(BufferId.TlsCertChainLength),
        ["tls.subject"] = TlsKeywords.Text(BufferId.TlsCertSubject), ["tls.issuerdn"] = TlsKeywords.Text(BufferId.TlsCertIssuer),
        ["tls.fingerprint"] = TlsKeywords.Text(BufferId.TlsCertFingerprint, isWhole: true),
        ["tls_store"] = TlsKeywords.Store, ["tls.store"] = TlsKeywords.Store,
        ["frame"] = FrameKeyword.Parse,
        ["http2.frametype"] = Http2Keywords.FrameType, ["http2.errorcode"] = Http2Keywords.ErrorCode, ["http2.settings"] = Http2Keywords.Settings,
        ["http2.priority"] = ProtocolNumber.Of(Buffers.BufferId.Http2Priority), ["http2.window"] = ProtocolNumber.Of(Buffers.BufferId.Http2Window),
        ["http2.size_update"] = ProtocolNumber.Of(Buffers.BufferId.Http2SizeUpdate),
        ["mqtt.type"] = MqttKeywords.Type, ["mqtt.flags"] = MqttKeywords.Flags, ["mqtt.connect.flags"] = MqttKeywords.ConnectFlags, ["mqtt.qos"] = MqttKeywords.Qos,
        ["mqtt.connack.session_present"] = MqttKeywords.SessionPresent, ["mqtt.reason_code"] = ProtocolNumber.Of(Buffers.BufferId.MqttReasonCode),
        ["mqtt.connack.return_code"] = ProtocolNumber.Of(Buffers.BufferId.MqttReasonCode), ["mqtt.protocol_version"] = ProtocolNumber.Of(Buffers.BufferId.MqttProtocolVersion),
        ["dnp3_func"] = Dnp3Keywords.Function, ["dnp3.func"] = Dnp3Keywords.Function, ["dnp3_ind"] = Dnp3Keywords.Indications, ["dnp3.ind"] = Dnp3Keywords.Indications,
        ["dnp3_obj"] = Dnp3Keywords.Object, ["dnp3.obj"] = Dnp3Keywords.Object,
        ["modbus"] = ModbusKeyword.Parse, ["enip_command"] = EnipKeywords.Command, ["cip_service"] = EnipKeywords.Service,
        ["ike.exchtype"] = ProtocolNumber.Of(BufferId.IkeExchangeType), ["ike.key_exchange_payload_length"] = ProtocolNumber.Of(BufferId.IkeKeyExchangeLength),
        ["ike.nonce_payload_length"] = ProtocolNumber.Of(BufferId.IkeNonceLength), ["ike.chosen_sa_attribute"] = IkeKeywords.ChosenAttribute,
        ["nfs_procedure"] = ProtocolNumber.Of(BufferId.NfsProcedure), ["nfs_version"] = ProtocolNumber.Of(BufferId.NfsVersion),
        ["nfs.procedure"] = ProtocolNumber.Of(BufferId.NfsProcedure), ["nfs.version"] = ProtocolNumber.Of(BufferId.NfsVersion),
        ["ssh.protoversion"] = SshKeywords.Version, ["ssh.softwareversion"] = TlsKeywords.Text(BufferId.SshSoftware),
        ["krb5_msg_type"] = ProtocolNumber.Of(BufferId.KrbMessageType), ["krb5_err_code"] = ProtocolNumber.Of(BufferId.KrbErrorCode),
        ["krb5.weak_encryption"] = KerberosKeywords.WeakEncryption, ["krb5.ticket_encryption"] = KerberosKeywords.TicketEncryption,
        ["dhcp.leasetime"] = ProtocolNumber.Of(BufferId.DhcpLeaseTime), ["dhcp.rebinding_time"] = ProtocolNumber.Of(BufferId.DhcpRebindingTime),
        ["dhcp.renewal_time"] = ProtocolNumber.Of(BufferId.DhcpRenewalTime),
        ["dns.opcode"] = ProtocolNumber.Of(BufferId.DnsOpcode), ["snmp.version"] = ProtocolNumber.Of(BufferId.SnmpVersion), ["snmp.pdu_type"] = ProtocolNumber.Of(BufferId.SnmpPduType),
        ["rfb.sectype"] = ProtocolNumber.Of(BufferId.RfbSecurityType), ["rfb.secresult"] = RfbKeywords.Result,
        ["websocket.opcode"] = WebSocketKeywords.Opcode, ["websocket.flags"] = WebSocketKeywords.Flags, ["websocket.mask"] = ProtocolNumber.Of(BufferId.WebSocketMask),
        ["ldap.request.operation"] = LdapKeywords.RequestOperation, ["ldap.responses.operation"] = LdapKeywords.ResponsesOperation,
        ["ldap.responses.result_code"] = LdapKeywords.ResultCode, ["ldap.responses.count"] = ProtocolNumber.Of(BufferId.LdapResponsesCount),
        ["dotprefix"] = TransformKeywords.DotPrefix, ["to_lowercase"] = TransformKeywords.ToLowercase, ["to_uppercase"] = TransformKeywords.ToUppercase,
        ["url_decode"] = TransformKeywords.UrlDecode, ["compress_whitespace"] = TransformKeywords.CompressWhitespace,
        ["strip_whitespace"] = TransformKeywords.StripWhitespace, ["strip_pseudo_headers"] = TransformKeywords.StripPseudoHeaders,
        ["header_lowercase"] = TransformKeywords.HeaderLowercase, ["to_md5"] = TransformKeywords.ToMd5, ["to_sha1"] = TransformKeywords.ToSha1,
        ["to_sha256"] = TransformKeywords.ToSha256, ["xor"] = TransformKeywords.Xor, ["pcrexform"] = TransformKeywords.PcreTransform,
    }.Concat(ChecksumKeywords.All).ToFrozenDictionary(StringComparer.Ordinal);

    public static SyntaxFault? Apply(SignatureBuilder signature, OptionSyntax option)
    {
        if (s_parsers.GetValueOrDefault(option.Name) is { } parser) return parser(signature, option);
        if (LegacyModifier.Find(option.Name) is { } legacy) return LegacyModifier.Apply(signature, option, legacy);
        if (Buffers.BufferCatalog.Find(option.Name) is { } buffer) return StickyBuffer.Apply(signature, option, buffer);
        return option.NameFault(Refused.Reason(option.Name) ?? $"There is no keyword '{option.Name}'{Suggestion(option.Name)}.");
    }

    public static bool Knows(string name) =>
        s_parsers.ContainsKey(name) || LegacyModifier.Find(name) is not null || Buffers.BufferCatalog.Find(name) is not null;

    private static string Suggestion(string name)
    {
        var near = s_parsers.Keys.Where(known => Math.Abs(known.Length - name.Length) <= 1 && known.Length > 3)
            .FirstOrDefault(known => known.Zip(name).Count(pair => pair.First == pair.Second) >= Math.Min(known.Length, name.Length) - 1
                || known.Order().SequenceEqual(name.Order()));
        return near is null ? "" : $"; '{near}' perhaps";
    }
}
