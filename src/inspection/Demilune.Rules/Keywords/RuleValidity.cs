using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Rules that can be read and could never match, or ask for nothing: Suricata 7 refuses them, and so does this engine.</summary>
internal static class RuleValidity
{
    /// <summary>Characters of a hash in hexadecimal, and of a fingerprint with colons between its bytes.</summary>
    private const int HashLength = 32, FingerprintLength = 59;

    public static SyntaxFault? Check(SignatureBuilder builder, RuleSyntax rule, ProtocolMatch protocol)
    {
        if (builder.Unused is { } unused) return rule.Action.Fault($"{unused.Name} is named, and nothing is looked for in it.");
        var app = protocol.Apps is [var said, ..] ? said : AppProtocol.Unknown;
        foreach (var test in builder.Tests)
        {
            var info = BufferCatalog.Get(test.Buffer);
            if (IpProtocolOf(test.Buffer) is { } wanted && protocol.IpProtocol is { } given && wanted != given)
                return new(test.Position, $"{info.Name} is of another protocol than the rule: it could never match.");
            if (info.Protocol > AppProtocol.Failed)
            {
                if (!Agree(app, info.Protocol, test.Buffer)) return new(test.Position, $"{info.Name} is of another protocol than the rest of the rule: it could never match.");
                if (app == AppProtocol.Unknown) app = info.Protocol;
            }
            if (WrongContent(test) is { } wrong) return wrong;
        }
        if (builder.StoresCertificates && app != AppProtocol.Tls) return new(rule.Protocol.Position, "tls.store is for rules about TLS: alert tls …");
        var raw = builder.Tests.Find(static test => test.Buffer == BufferId.HttpHeaderRaw);
        return raw is null || builder.Direction is not null ? null : new(raw.Position, "http.header.raw needs flow:to_server or flow:to_client: it says whose.");
    }

    /// <summary>What one protocol's buffers are also filled by.</summary>
    private static bool Agree(AppProtocol app, AppProtocol owner, BufferId buffer) => app == AppProtocol.Unknown || app == owner || owner switch
    {
        AppProtocol.Http1 or AppProtocol.Http2 => app is AppProtocol.Http1 or AppProtocol.Http2 or AppProtocol.DoH2 or AppProtocol.WebSocket,
        AppProtocol.Dns => app == AppProtocol.DoH2,
        AppProtocol.Tls or AppProtocol.Quic => app is AppProtocol.Tls or AppProtocol.Quic && IsFingerprint(buffer),
        AppProtocol.DceRpc => app == AppProtocol.Smb,
        AppProtocol.Smb => app == AppProtocol.DceRpc,
        AppProtocol.Ftp or AppProtocol.FtpData => app is AppProtocol.Ftp or AppProtocol.FtpData,
        _ => false,
    };

    private static bool IsFingerprint(BufferId buffer) => BufferCatalog.Get(buffer).Name.StartsWith("ja", StringComparison.Ordinal);

    private static byte? IpProtocolOf(BufferId buffer) => buffer switch
    {
        BufferId.TcpHeader => 6,
        BufferId.UdpHeader => 17,
        BufferId.Icmpv4Header => 1,
        BufferId.Icmpv6Header => 58,
        _ => null,
    };

    private static SyntaxFault? WrongContent(TestDraft test)
    {
        foreach (var content in test.Steps.OfType<ContentDraft>())
        {
            var fault = test.Buffer switch
            {
                BufferId.Ja3Hash or BufferId.Ja3sHash or BufferId.SshHassh or BufferId.SshHasshServer or BufferId.QuicCyuHash when content.Pattern.Length != HashLength => $"A hash has {HashLength} characters",
                BufferId.TlsCertFingerprint when content.Pattern.Length != FingerprintLength => $"A fingerprint has {FingerprintLength} characters, colons between its bytes",
                BufferId.TlsCertSerial when content.Pattern.Length > 2 && !content.Pattern.AsSpan().Contains((byte)':') => "A serial number has colons between its bytes",
                _ => null,
            };
            if (fault is not null) return new(content.Position, $"{fault}: this content could never match.");
        }
        return null;
    }
}
