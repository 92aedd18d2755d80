using Demilune.Rules.Headers;
using static Demilune.Rules.Buffers.FrameType;

namespace Demilune.Rules.Buffers;

/// <summary>What rules and EVE call the frames of each protocol.</summary>
public static class FrameCatalog
{
    private static readonly (AppProtocol App, string Name, FrameType Type)[] s_all =
    [
        (AppProtocol.Http1, "request", Http1Request), (AppProtocol.Http1, "response", Http1Response),
        (AppProtocol.Dns, "pdu", DnsPdu),
        (AppProtocol.Mqtt, "pdu", MqttPdu), (AppProtocol.Mqtt, "header", MqttHeader), (AppProtocol.Mqtt, "data", MqttData),
        (AppProtocol.Rfb, "pdu", RfbPdu),
        (AppProtocol.Sip, "pdu", SipPdu), (AppProtocol.Sip, "request.line", SipRequestLine), (AppProtocol.Sip, "response.line", SipResponseLine),
        (AppProtocol.Sip, "request.headers", SipRequestHeaders), (AppProtocol.Sip, "response.headers", SipResponseHeaders),
        (AppProtocol.Sip, "request.body", SipRequestBody), (AppProtocol.Sip, "response.body", SipResponseBody),
        (AppProtocol.Telnet, "pdu", TelnetPdu), (AppProtocol.Telnet, "ctl", TelnetControl), (AppProtocol.Telnet, "data", TelnetData),
        (AppProtocol.Nfs, "rpc.pdu", RpcPdu), (AppProtocol.Nfs, "rpc.data", RpcData),
        (AppProtocol.Nfs, "nfs.pdu", NfsPdu), (AppProtocol.Nfs, "nfs.status", NfsStatus),
        (AppProtocol.Smb, "nbss.pdu", NbssPdu), (AppProtocol.Smb, "nbss.hdr", NbssHeader), (AppProtocol.Smb, "nbss.data", NbssData),
        (AppProtocol.Smb, "smb1.pdu", Smb1Pdu), (AppProtocol.Smb, "smb1.hdr", Smb1Header), (AppProtocol.Smb, "smb1.data", Smb1Data),
        (AppProtocol.Smb, "smb2.pdu", Smb2Pdu), (AppProtocol.Smb, "smb2.hdr", Smb2Header), (AppProtocol.Smb, "smb2.data", Smb2Data),
        (AppProtocol.Smb, "smb3.pdu", Smb3Pdu), (AppProtocol.Smb, "smb3.hdr", Smb3Header), (AppProtocol.Smb, "smb3.data", Smb3Data),
        (AppProtocol.Tls, "pdu", TlsPdu), (AppProtocol.Tls, "hdr", TlsHeader), (AppProtocol.Tls, "data", TlsData), (AppProtocol.Tls, "alert", TlsAlert),
        (AppProtocol.Tls, "heartbeat", TlsHeartbeat),
    ];

    /// <returns><see cref="None"/>: the protocol has no frame of this name.</returns>
    public static FrameType Find(AppProtocol app, string name) => name == "stream" ? FrameType.Stream : Array.Find(s_all, frame => frame.App == app && frame.Name == name).Type;

    /// <summary>Without its protocol's.</summary>
    public static string NameOf(FrameType type) => type == FrameType.Stream ? "stream" : Array.Find(s_all, frame => frame.Type == type).Name;
}
