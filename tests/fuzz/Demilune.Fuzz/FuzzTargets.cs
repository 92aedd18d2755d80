using Demilune.Fuzz.Targets;

namespace Demilune.Fuzz;

/// <summary>Every target. A parser that is not here is not finished.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Http1Targets.Request,
        Http1Targets.Response,
        Http1Targets.Uri,
        DnsTarget.Message,
        MimeTarget.Message,
        TlsTarget.Records,
        SshTarget.Stream,
        QuicTarget.Packets,
        PgsqlTarget.Messages,
        RedisTarget.Stream,
        MySqlTarget.Stream,
        MessageTargets.Kerberos,
        MessageTargets.Snmp,
        MessageTargets.Dhcp,
        MessageTargets.Dht,
        MessageTargets.Rfb,
        MessageTargets.Ike,
        RecordTargets.Modbus,
        RecordTargets.Enip,
        RecordTargets.Rdp,
        RecordTargets.Nfs,
        RecordTargets.Telnet,
        RecordTargets.Sip,
        TlsTarget.Certificates,
        MqttTarget.Stream,
        Dnp3Target.Stream,
        Http2Target.Stream,
        WebSocketTarget.Stream,
        SmtpTarget.Content,
        SmbTarget.Messages,
        ContentTarget.Content,
        CaptureTarget.Capture,
        DecoderTarget.Packets,
        DecoderTarget.Fragments,
        FrameTarget.Frames,
        RulesTarget.Rules,
        RuleFilesTarget.Files,
        RuleFilesTarget.Configuration,
        ApiServerTargets.Yaml,
        ApiServerTargets.Protobuf,
        ApiServerTargets.Patch,
        ApiServerTargets.Selector,
        ApiServerTargets.Schema,
        NeutronTarget.Requests,
        CniTargets.Messages,
        FirewallLinkTarget.Link,
        BpfObjectTarget.Object,
    ];
}
