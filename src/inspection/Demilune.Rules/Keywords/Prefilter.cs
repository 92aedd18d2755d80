using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>prefilter</c>: a wish about speed, on the condition before it. What makes a rule a candidate is chosen here anyway.</summary>
internal static class Prefilter
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option) =>
        signature.PacketConditions.Count == 0 && signature.Tests.Count == 0 ? option.NameFault("prefilter is about the condition before it, and there is none.") : Outcome.Bare(option);
}
