using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>What follows from a match: <c>noalert alert bypass config</c>.</summary>
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

    /// <summary><c>config:logging disable, type tx, scope tx</c>. Suricata reads <c>flow</c> in either place too, and does nothing then.</summary>
    public static SyntaxFault? Config(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split((char[])[' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["logging", "disable", "type", "tx" or "flow", "scope", "tx" or "flow"])
            return option.Fault("config is written config:logging disable, type tx, scope tx;");
        signature.MutesRecords = parts[3] == "tx" && parts[5] == "tx";
        return null;
    }

    internal static SyntaxFault? Bare(OptionSyntax option) => option.Value is null ? null : option.Fault($"'{option.Name}' takes no value.");
}
