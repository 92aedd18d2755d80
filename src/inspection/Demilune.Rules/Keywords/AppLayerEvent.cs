using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>app-layer-event:PROTOCOL.EVENT</c>: a parser has noticed something.</summary>
internal static class AppLayerEvent
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var name = (option.Value ?? "").Trim().ToLowerInvariant();
        // What the second version was called before the first was read, too.
        if (name.StartsWith("ikev2.", StringComparison.Ordinal)) name = $"ike.{name["ikev2.".Length..]}";
        if (name.Length == 0) return option.Fault("app-layer-event names an event, as in app-layer-event:tls.invalid_record_type;");
        if (!signature.Options.Notices(name)) return option.Fault($"There is no event '{name}': no parser of this engine notices it. The rule is not loaded.");
        var bytes = Encoding.UTF8.GetBytes(name);
        signature.AddTo(BufferId.AppLayerEvent, new ContentDraft(option.NamePosition, bytes, isNegated: false) { Depth = new(bytes.Length), EndsWith = true });
        return null;
    }
}
