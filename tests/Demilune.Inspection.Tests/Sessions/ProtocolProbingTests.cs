using Demilune.Inspection.Sessions;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>Who says "mine" to the first bytes of a side: one protocol at most, however few of them have come.</summary>
public sealed class ProtocolProbingTests
{
    private const int NobodysPort = 8080;

    /// <summary>What clients begin with.</summary>
    public static TheoryData<AppProtocol, byte[]> Clients { get; } = new()
    {
        { AppProtocol.Http1, [.. "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n"u8] },
        { AppProtocol.Http2, [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"u8] },
        { AppProtocol.Tls, Tls.ClientHello("www.example") },
        { AppProtocol.Ssh, [.. "SSH-2.0-OpenSSH_9.2\r\n"u8] },
        { AppProtocol.Smtp, [.. "EHLO client.example\r\n"u8] },
        { AppProtocol.Dns, [0, 33, 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, .. "www"u8, 7, .. "example"u8, 3, .. "com"u8, 0, 0, 1, 0, 1] },
        { AppProtocol.Mqtt, [0x10, 16, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 4, .. "this"u8] },
        { AppProtocol.PostgreSql, [0, 0, 0, 22, 0, 3, 0, 0, .. "user\0me\0db\0a\0\0\0"u8] },
        { AppProtocol.Kerberos, [0, 0, 0, 8, 0x6a, 6, 0x30, 4, 0xa1, 2, 2, 0] },
        { AppProtocol.Redis, [.. "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"u8] },
        { AppProtocol.MySql, [54, 0, 0, 1, 0x85, 0xa6, 0xff, 1, 0, 0, 0, 1, 45, .. new byte[23], .. "me\0\0mysql_native_pass\0"u8] },
        { AppProtocol.Ldap, [0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0] },
        { AppProtocol.Kafka, [0, 0, 0, 12, 0, 18, 0, 0, 0, 0, 0, 1, 0, 2, .. "me"u8] },
        { AppProtocol.MongoDb, [58, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xd4, 7, 0, 0, 0, 0, 0, 0, .. "admin.$cmd\0"u8, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 19, 0, 0, 0, 16, .. "isMaster\0"u8, 1, 0, 0, 0, 0] },
    };

    /// <summary>What servers begin with who speak first, or answer.</summary>
    public static TheoryData<AppProtocol, byte[]> Servers { get; } = new()
    {
        { AppProtocol.Http1, [.. "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8] },
        { AppProtocol.Ssh, [.. "SSH-2.0-OpenSSH_9.2\r\n"u8] },
        { AppProtocol.Smtp, [.. "220 mail.example ESMTP\r\n"u8] },
        { AppProtocol.MySql, [74, 0, 0, 0, 10, .. "8.0.36\0"u8, 1, 0, 0, 0, .. "abcdefgh"u8, 0, 0xff, 0xff] },
        { AppProtocol.Ldap, [0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0] },
    };

    [Theory, MemberData(nameof(Clients))]
    public void A_client_is_known_for_what_it_speaks_and_for_nothing_else(AppProtocol app, byte[] first) => AssertKnown(Side.Client, app, first);

    [Theory, MemberData(nameof(Servers))]
    public void A_server_is_known_for_what_it_speaks_and_for_nothing_else(AppProtocol app, byte[] first) => AssertKnown(Side.Server, app, first);

    private static void AssertKnown(Side from, AppProtocol app, byte[] first)
    {
        for (var length = 1; length <= first.Length; length++)
            foreach (var protocol in Protocols.All.Where(other => other.App != app))
                Assert.False(protocol.Recognise(from, first.AsSpan(0, length), NobodysPort) == Wire.Detection.Yes, $"{protocol.App} takes {length} bytes of {app}");
        Assert.Equal(Wire.Detection.Yes, Protocols.All.First(protocol => protocol.App == app).Recognise(from, first, NobodysPort));
    }
}
