using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>frame:[PROTOCOL.]NAME</c>: a sticky buffer that is a piece of the protocol as it was on the wire.</summary>
internal static class FrameKeyword
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var value = (option.Value ?? "").Trim();
        var (type, app) = Find(signature, value);
        if (type == FrameType.None) return option.Fault($"There is no frame '{value}' here. The rule is not loaded.");
        if (!signature.Options.Recognises(app)) return option.Fault($"'{value}' is not supported: this engine does not recognise that protocol. The rule is not loaded.");
        if (StickyBuffer.Apply(signature, option with { Value = null }, BufferCatalog.Get(BufferId.Frame)) is { } fault) return fault;
        signature.PacketConditions.RemoveAll(condition => condition is OfFrame);
        signature.PacketConditions.Add(new OfFrame(type, app));
        return null;
    }

    /// <summary>The protocol's own name may stand before it; else it is the rule's.</summary>
    private static (FrameType Type, AppProtocol App) Find(SignatureBuilder signature, string value)
    {
        var dot = value.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && ProtocolMatch.All.GetValueOrDefault(value[..dot]) is { } named)
            foreach (var app in named.Apps)
                if (FrameCatalog.Find(app, value[(dot + 1)..]) is not FrameType.None and var type) return (type, app);
        foreach (var app in signature.Protocol.Apps.Length > 0 ? signature.Protocol.Apps : Enum.GetValues<AppProtocol>())
            if (FrameCatalog.Find(app, value) is not FrameType.None and var type && (signature.Protocol.Apps.Length > 0 || dot > 0)) return (type, app);
        return default;
    }

    internal sealed class OfFrame(FrameType type, AppProtocol app) : PacketCondition
    {
        public FrameType Type { get; } = type;
        public AppProtocol App { get; } = app;

        public override bool Holds(in PacketFacts facts) => facts.Frame == Type && (Type != FrameType.Stream || facts.App == App);
    }
}
