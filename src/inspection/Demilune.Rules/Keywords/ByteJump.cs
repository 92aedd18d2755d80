using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>byte_jump:BYTES,OFFSET[,relative][,multiplier N][,little][,string,…][,align][,from_beginning|from_end][,post_offset N][,bitmask M]</c></summary>
internal static class ByteJump
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = NumberFieldSyntax.Parts(option);
        if (parts.Length < 2) return option.Fault("byte_jump is written byte_jump:BYTES,OFFSET;");
        var (from, multiplier, align, postOffset) = (JumpFrom.Number, 1L, false, 0L);
        var result = NumberFieldSyntax.TryField(signature, option, parts[0], parts[1], parts.Skip(2), Other, out var field);
        if (result is not null) return result;
        var step = new ByteJumpStep(field, from, multiplier, align, postOffset) { IsRelative = field.IsRelative };
        signature.Add(new FixedDraft(option.NamePosition, step));
        return null;

        bool Other(string word)
        {
            var pair = word.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (pair)
            {
                case ["align"]: align = true; return true;
                case ["from_beginning"]: from = JumpFrom.Beginning; return true;
                case ["from_end"]: from = JumpFrom.End; return true;
                case ["multiplier", var number]: return NumberFieldSyntax.TryNumber(number, out multiplier) && multiplier is >= 1 and <= 65535;
                case ["post_offset", var number]: return NumberFieldSyntax.TryNumber(number, out postOffset) && Math.Abs(postOffset) <= 65535;
                default: return false;
            }
        }
    }
}
