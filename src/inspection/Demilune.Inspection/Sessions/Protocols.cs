using Demilune.Inspection.Sessions.BitTorrent;
using Demilune.Inspection.Sessions.Rfb;
using Demilune.Inspection.Sessions.Dhcp;
using Demilune.Inspection.Sessions.DceRpc;
using Demilune.Inspection.Sessions.Dnp3;
using Demilune.Inspection.Sessions.Dns;
using Demilune.Inspection.Sessions.Ftp;
using Demilune.Inspection.Sessions.Http;
using Demilune.Inspection.Sessions.Smb;
using Demilune.Inspection.Sessions.Http2;
using Demilune.Inspection.Sessions.Smtp;
using Demilune.Inspection.Sessions.PostgreSql;
using Demilune.Inspection.Sessions.Quic;
using Demilune.Inspection.Sessions.Ssh;
using Demilune.Inspection.Sessions.Kerberos;
using Demilune.Inspection.Sessions.Ntp;
using Demilune.Inspection.Sessions.Snmp;
using Demilune.Inspection.Sessions.Tftp;
using Demilune.Inspection.Sessions.Tls;
using Demilune.Inspection.Sessions.Mqtt;
using Demilune.Inspection.Sessions.Enip;
using Demilune.Inspection.Sessions.Ike;
using Demilune.Inspection.Sessions.Modbus;
using Demilune.Inspection.Sessions.Nfs;
using Demilune.Inspection.Sessions.Rdp;
using Demilune.Inspection.Sessions.Sip;
using Demilune.Inspection.Sessions.Telnet;
using Demilune.Inspection.Sessions.Kafka;
using Demilune.Inspection.Sessions.Ldap;
using Demilune.Inspection.Sessions.MongoDb;
using Demilune.Inspection.Sessions.MySql;
using Demilune.Inspection.Sessions.Redis;
using Demilune.Inspection.Sessions.WebSocket;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>Every protocol, in the order in which they are asked: the first that says yes has it. At most 64: a side remembers its noes in bits.</summary>
internal static class Protocols
{
    public static Protocol[] All { get; } =
    [
        Http2Protocol.Definition,
        HttpProtocol.Definition,
        WebSocketProtocol.Definition,
        DnsProtocol.Definition,
        TlsProtocol.Definition,
        MqttProtocol.Definition,
        Dnp3Protocol.Definition,
        SmbProtocol.Definition,
        DceProtocol.Definition,
        SmtpProtocol.Definition,
        SshProtocol.Definition,
        FtpProtocol.Definition,
        FtpProtocol.Data,
        TftpSession.Definition,
        QuicProtocol.Definition,
        PgsqlProtocol.Definition,
        MySqlProtocol.Definition,
        RedisProtocol.Definition,
        KerberosSession.Definition,
        LdapProtocol.Definition,
        KafkaProtocol.Definition,
        MongoProtocol.Definition,
        RfbSession.Definition,
        DhtSession.Definition,
        SnmpSession.Definition,
        DhcpSession.Definition,
        NfsSession.Definition,
        SipSession.Definition,
        RdpSession.Definition,
        TelnetSession.Definition,
        ModbusSession.Definition,
        EnipSession.Definition,
        IkeSession.Definition,
        DceProtocol.Datagrams,
        NtpSession.Definition,
    ];

    public static bool Provide(BufferId buffer) => All.Any(protocol => protocol.Buffers.Contains(buffer));

    /// <summary>What is said of the two sides of a connection, before any parser: names without a protocol's.</summary>
    private static readonly string[] s_ofDetection =
    [
        "applayer_mismatch_protocol_both_directions", "applayer_wrong_direction_first_data", "applayer_detect_protocol_only_one_direction",
        "applayer_proto_detection_skipped", "applayer_no_tls_after_starttls", "applayer_unexpected_protocol",
    ];

    public static bool Notice(string name) => s_ofDetection.Contains(name) || All.Any(protocol => protocol.Events.Contains(name));

    public static bool Recognise(AppProtocol app) => All.Any(protocol => protocol.App == app);
}
