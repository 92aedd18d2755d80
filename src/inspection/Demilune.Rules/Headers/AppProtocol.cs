namespace Demilune.Rules.Headers;

/// <summary>Application protocols a rule header or <c>app-layer-protocol</c> can name.</summary>
public enum AppProtocol : byte
{
    /// <summary>Detection has not ended yet.</summary>
    Unknown,

    /// <summary>Detection ended without an answer.</summary>
    Failed,
    Http1, Http2, WebSocket, Tls, Quic, Dns, DoH2, Ssh, Smtp, Imap, Pop3, Ftp, FtpData, Smb, DceRpc, Mqtt, Redis, PostgreSql, MySql, Kafka,
    MongoDb, Kerberos, Ntp, Dhcp, Snmp, Sip, Nfs, Ldap, Rdp, Rfb, Telnet, Modbus, Dnp3, Enip, Ike, Tftp, BitTorrentDht,
}
