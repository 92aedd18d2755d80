using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>byte_extract:BYTES,OFFSET,NAME[,relative][,multiplier N][,little][,string,…][,align 2|4][,bitmask M]</c></summary>
internal static class ByteExtract
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = NumberFieldSyntax.Parts(option);
        if (parts.Length < 3) return option.Fault("byte_extract is written byte_extract:BYTES,OFFSET,NAME;");
        var (multiplier, align) = (1L, 0);
        if (NumberFieldSyntax.TryField(signature, option, parts[0], parts[1], parts.Skip(3), Other, out var field) is { } fault) return fault;
        if (parts[2].Length == 0 || !char.IsLetter(parts[2][0])) return option.Fault("The name of a variable starts with a letter.");
        var slot = NumberFieldSyntax.Slot(signature, parts[2]);
        if (slot < 0) return option.Fault($"A rule has at most {MatchContext.MaxVariables} variables.");
        signature.Add(new FixedDraft(option.NamePosition, new ByteExtractStep(field, multiplier, align, slot) { IsRelative = field.IsRelative }));
        return null;

        bool Other(string word) => word.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["multiplier", var number] => NumberFieldSyntax.TryNumber(number, out multiplier) && multiplier is >= 1 and <= 65535,
            ["align", var number] => int.TryParse(number, out align) && align is 2 or 4,
            _ => false,
        };
    }
}
