using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>What follows from a match: <c>noalert alert bypass</c>.</summary>
internal static class Outcome
{
    public static SyntaxFault? NoAlert(SignatureBuilder signature, OptionSyntax option)
    {
        signature.NoAlert = true;
        return Bare(option);
    }

    public static SyntaxFault? Alert(SignatureBuilder signature, OptionSyntax option)
    {
        signature.NoAlert = false;
        signature.AlertsOnPass = true;
        return Bare(option);
    }

    public static SyntaxFault? Bypass(SignatureBuilder signature, OptionSyntax option)
    {
        signature.Bypass = true;
        return Bare(option);
    }

    internal static SyntaxFault? Bare(OptionSyntax option) => option.Value is null ? null : option.Fault($"'{option.Name}' takes no value.");
}
