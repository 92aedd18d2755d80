using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>app-layer-protocol:[!]NAME</c></summary>
internal static class AppLayerProtocol
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var value = option.Value ?? "";
        var isNegated = value.StartsWith('!');
        var name = value.TrimStart('!').Trim();
        AppProtocol[]? apps = name switch
        {
            "failed" => [AppProtocol.Failed],
            "unknown" => [AppProtocol.Unknown],
            _ when ProtocolMatch.All.GetValueOrDefault(name) is { Apps.Length: > 0 } match => match.Apps,
            _ => null,
        };
        if (apps is null) return option.Fault($"There is no application protocol '{name}'; for example: http, tls, dns, ssh, smtp, failed.");
        if (apps[0] > AppProtocol.Failed && !apps.Any(signature.Options.Recognises))
            return option.Fault($"'{name}' is not supported: this engine does not recognise that protocol. The rule is not loaded.");
        signature.PacketConditions.Add(new Condition(apps, isNegated));
        return null;
    }

    internal sealed class Condition(AppProtocol[] apps, bool isNegated) : PacketCondition
    {
        // Before detection has ended nothing is certain, so neither form holds, unless "unknown" was asked for.
        public override bool Holds(in PacketFacts facts) =>
            (facts.App != AppProtocol.Unknown || apps[0] == AppProtocol.Unknown) && apps.AsSpan().Contains(facts.App) != isNegated;
    }
}
