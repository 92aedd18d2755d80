using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>frame:[PROTOCOL.]NAME</c>: a sticky buffer that is a piece of the protocol as it was on the wire.</summary>
internal static class FrameKeyword
{
    private static readonly Dictionary<(AppProtocol, string), BufferId> s_frames = new()
    {
        [(AppProtocol.Mqtt, "pdu")] = BufferId.MqttFramePdu, [(AppProtocol.Mqtt, "header")] = BufferId.MqttFrameHeader, [(AppProtocol.Mqtt, "data")] = BufferId.MqttFrameData,
    };

    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var value = (option.Value ?? "").Trim();
        var dot = value.IndexOf('.', StringComparison.Ordinal);
        // The protocol's own name may stand before it; else it is the rule's.
        var named = dot > 0 ? ProtocolMatch.All.GetValueOrDefault(value[..dot]) : null;
        var apps = named?.Apps ?? signature.Protocol.Apps;
        var frame = named is null ? value : value[(dot + 1)..];
        foreach (var app in apps)
            if (s_frames.TryGetValue((app, frame), out var buffer)) return StickyBuffer.Apply(signature, option with { Value = null }, BufferCatalog.Get(buffer));
        return option.Fault($"There is no frame '{value}' here. The rule is not loaded.");
    }
}
