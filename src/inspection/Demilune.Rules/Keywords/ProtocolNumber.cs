using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords that ask for a number of a protocol: <c>NAME:n</c>, <c>&lt;n</c>, <c>&gt;n</c>, <c>a&lt;&gt;b</c> …</summary>
internal static class ProtocolNumber
{
    /// <param name="buffer">Holds the number, see <see cref="NumberStep"/>.</param>
    public static KeywordParser Of(BufferId buffer) => (signature, option) =>
        NumberRange.TryParse(option.Value ?? "", endsBelong: false, out var range)
            ? Add(signature, option, buffer, range)
            : option.Fault($"'{option.Name}' takes n, !n, <n, >n, <=n, >=n or a<>b.");

    public static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, BufferId buffer, NumberRange range)
    {
        if (!signature.Options.Provides(buffer)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, new NumberStep(range)));
        return null;
    }
}
