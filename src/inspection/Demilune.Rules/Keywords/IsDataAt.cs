using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>isdataat:[!]n[,relative][,rawbytes]</c></summary>
internal static class IsDataAt
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        var isNegated = parts[0].StartsWith('!');
        var number = parts[0].TrimStart('!').Trim();
        Operand at;
        if (ushort.TryParse(number, out var place)) at = new(place);
        else if (signature.Variables.IndexOf(number) is >= 0 and var slot) at = new(0, slot);
        else return option.Fault("isdataat takes a number from 0 to 65535, or a variable, as in isdataat:!1,relative;");
        var isRelative = false;
        foreach (var part in parts.Skip(1))
        {
            if (part == "relative") isRelative = true;
            else if (part != "rawbytes") return option.Fault($"isdataat knows 'relative' and 'rawbytes', not '{part}'.");
        }
        signature.Add(new FixedDraft(option.NamePosition, new IsDataAtStep(at, isNegated) { IsRelative = isRelative }));
        return null;
    }
}
