using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Rules.Analysis;

/// <summary>Which protocols make a buffer, and in which order Suricata 7.0.10 looks into theirs.</summary>
/// <param name="protocol">The rule's.</param>
/// <param name="isOld">It speaks in words that only HTTP/1 has.</param>
internal sealed class EngineMakers(ProtocolMatch protocol, bool isOld)
{
    private static readonly string[] s_files = ["smtp", "http2", "http", "ftp-data", "ftp", "smb", "nfs"];

    public static bool IsOfFiles(BufferId buffer) =>
        buffer is BufferId.FileData or BufferId.FileName or BufferId.FileMagic or BufferId.FileSize or BufferId.FileMd5 or BufferId.FileSha1 or BufferId.FileSha256;

    public static bool IsOfDce(BufferId buffer) => buffer is BufferId.DceInterface or BufferId.DceOperation or BufferId.DceStubData;

    /// <summary>Sides that Suricata looks at, where they are fewer than ours.</summary>
    public static FlowDirections Directions(BufferId buffer) => buffer switch
    {
        BufferId.KrbTicketEncryption or BufferId.TlsCertChainLength => FlowDirections.ToClient,
        BufferId.MqttQos or BufferId.MqttConnectFlags or BufferId.MqttFlags or BufferId.MqttProtocolVersion or BufferId.MqttPublishMessage or BufferId.MqttUnsubscribeTopic or BufferId.MqttSubscribeTopic => FlowDirections.ToServer,
        >= BufferId.MqttConnectClientId and <= BufferId.MqttConnectPassword => FlowDirections.ToServer,
        _ => BufferCatalog.Get(buffer).Directions,
    };

    /// <param name="buffer">Made by them.</param>
    /// <param name="isFast">The prefilter looks into it.</param>
    public IEnumerable<string> Of(BufferId buffer, bool isFast)
    {
        var owner = BufferCatalog.Get(buffer).Protocol;
        if (IsOfDce(buffer)) return protocol.Apps is [AppProtocol.Smb, ..] ? ["smb"] : ["dcerpc", "smb"];
        if (IsOfFiles(buffer) && !protocol.Apps.Contains(AppProtocol.Http1) && !protocol.Apps.Contains(AppProtocol.Http2))
            return protocol.Apps is [var app, ..] ? [ProtocolMatch.NameOf(app)] : isFast ? s_files : s_files.Reverse();
        if (!IsOfFiles(buffer) && owner != AppProtocol.Http1)
            return [NameOf(protocol.Apps is [var said, ..] ? said : owner)];
        if (protocol.Name == "http2") return ["http2"];
        if (protocol.Name == "http1" || isOld) return ["http"];
        return isFast && SuricataNames.Of(buffer) is not ("http_request_header" or "http_response_header") ? ["http2", "http"] : ["http", "http2"];
    }

    private static string NameOf(AppProtocol app) => app > AppProtocol.Failed ? ProtocolMatch.NameOf(app) : "unknown";

    /// <summary>Which side's comes first.</summary>
    public static FlowDirections[] Order(BufferId buffer, string app, bool isFast)
    {
        var toServerFirst = IsOfFiles(buffer) && (isFast || app == "http2") || (!isFast && !IsOfFiles(buffer));
        return toServerFirst ? [FlowDirections.ToServer, FlowDirections.ToClient] : [FlowDirections.ToClient, FlowDirections.ToServer];
    }
}
