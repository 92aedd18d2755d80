using System.Collections.Frozen;

namespace Demilune.Rules.Headers;

/// <summary>The protocol word of a rule header.</summary>
/// <param name="Name">As written.</param>
/// <param name="IpProtocol">IANA number, or null for any.</param>
/// <param name="IpVersion">4, 6 or null for both.</param>
/// <param name="Apps">Application protocols, one of which the flow must speak; empty for any.</param>
public sealed record ProtocolMatch(string Name, byte? IpProtocol = null, int? IpVersion = null, params AppProtocol[] Apps)
{
    private const byte Icmp = 1, Tcp = 6, Udp = 17, Icmp6 = 58, Sctp = 132;

    public bool IsTcp => IpProtocol == Tcp;

    /// <summary>What EVE calls a protocol: as Suricata does, with "http" for HTTP/1.</summary>
    public static string NameOf(AppProtocol app) => s_names[(int)app];

    public bool Matches(in PacketFacts facts)
    {
        if (IpProtocol is { } protocol && facts.IpProtocol != protocol && !(protocol == Icmp && facts.IpProtocol == Icmp6)) return false;
        if (IpVersion is { } version && facts.IsIpv6 != (version == 6)) return false;
        return Apps.Length == 0 || Apps.AsSpan().Contains(facts.App);
    }

    /// <summary>Every word a header may start with, after its action.</summary>
    public static FrozenDictionary<string, ProtocolMatch> All { get; } = new ProtocolMatch[]
    {
        new("ip"), new("ip4", IpVersion: 4), new("ipv4", IpVersion: 4), new("ip6", IpVersion: 6), new("ipv6", IpVersion: 6),
        new("tcp", Tcp), new("tcp-pkt", Tcp), new("tcp-stream", Tcp), new("udp", Udp), new("icmp", Icmp), new("icmpv4", Icmp, 4),
        new("icmpv6", Icmp6, 6), new("sctp", Sctp), new("pkthdr"),
        new("http", Tcp, null, AppProtocol.Http1, AppProtocol.Http2), new("http1", Tcp, null, AppProtocol.Http1),
        new("http2", Tcp, null, AppProtocol.Http2), new("websocket", Tcp, null, AppProtocol.WebSocket),
        new("tls", Tcp, null, AppProtocol.Tls), new("ssl", Tcp, null, AppProtocol.Tls), new("quic", Udp, null, AppProtocol.Quic),
        new("dns", null, null, AppProtocol.Dns, AppProtocol.DoH2), new("doh2", Tcp, null, AppProtocol.DoH2),
        new("ssh", Tcp, null, AppProtocol.Ssh), new("smtp", Tcp, null, AppProtocol.Smtp), new("imap", Tcp, null, AppProtocol.Imap),
        new("pop3", Tcp, null, AppProtocol.Pop3), new("ftp", Tcp, null, AppProtocol.Ftp), new("ftp-data", Tcp, null, AppProtocol.FtpData),
        new("smb", Tcp, null, AppProtocol.Smb), new("dcerpc", null, null, AppProtocol.DceRpc, AppProtocol.Smb), new("mqtt", Tcp, null, AppProtocol.Mqtt),
        new("redis", Tcp, null, AppProtocol.Redis), new("pgsql", Tcp, null, AppProtocol.PostgreSql), new("mysql", Tcp, null, AppProtocol.MySql),
        new("kafka", Tcp, null, AppProtocol.Kafka), new("mongodb", Tcp, null, AppProtocol.MongoDb),
        new("krb5", null, null, AppProtocol.Kerberos), new("ntp", Udp, null, AppProtocol.Ntp), new("dhcp", Udp, null, AppProtocol.Dhcp),
        new("snmp", Udp, null, AppProtocol.Snmp), new("sip", null, null, AppProtocol.Sip), new("nfs", null, null, AppProtocol.Nfs),
        new("ldap", null, null, AppProtocol.Ldap), new("rdp", Tcp, null, AppProtocol.Rdp), new("rfb", Tcp, null, AppProtocol.Rfb),
        new("telnet", Tcp, null, AppProtocol.Telnet), new("modbus", Tcp, null, AppProtocol.Modbus), new("dnp3", null, null, AppProtocol.Dnp3),
        new("enip", null, null, AppProtocol.Enip), new("ike", Udp, null, AppProtocol.Ike), new("ikev2", Udp, null, AppProtocol.Ike),
        new("tftp", Udp, null, AppProtocol.Tftp), new("bittorrent-dht", Udp, null, AppProtocol.BitTorrentDht),
    }.ToFrozenDictionary(match => match.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_names = [.. Enum.GetValues<AppProtocol>().Select(app => app == AppProtocol.Http1
        ? "http" : All.Values.Where(match => match.Apps.FirstOrDefault() == app && match.Apps.Length > 0 && match.Name is not ("ssl" or "ikev2" or "http"))
            .Select(match => match.Name).FirstOrDefault() ?? app.ToString().ToLowerInvariant())];
}
