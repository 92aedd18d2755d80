using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>byte_math:bytes N, offset N, oper +|-|*|/|&lt;&lt;|&gt;&gt;, rvalue V, result NAME[, relative][, endian big|little][, string hex|dec|oct][, bitmask M]</c></summary>
internal static class ByteMath
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        string? bytes = null, offset = null, sign = null, right = null, name = null;
        var rest = new List<string>();
        foreach (var part in NumberFieldSyntax.Parts(option))
        {
            switch (part.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                case ["bytes", var value]: bytes = value; break;
                case ["offset", var value]: offset = value; break;
                case ["oper", var value]: sign = value; break;
                case ["rvalue", var value]: right = value; break;
                case ["result", var value]: name = value; break;
                default: rest.Add(part); break;
            }
        }
        if (bytes is null || offset is null || sign is null || right is null || name is null)
            return option.Fault("byte_math is written byte_math:bytes N, offset N, oper +, rvalue N, result NAME;");
        MathOperation? operation = sign switch
        {
            "+" => MathOperation.Add,
            "-" => MathOperation.Subtract,
            "*" => MathOperation.Multiply,
            "/" => MathOperation.Divide,
            "<<" => MathOperation.ShiftLeft,
            ">>" => MathOperation.ShiftRight,
            _ => null,
        };
        if (operation is null) return option.Fault($"byte_math knows + - * / << and >>, not '{sign}'.");
        if (!NumberFieldSyntax.TryOperand(signature, right, out var operand)) return option.Fault($"'{right}' is neither a number nor a variable set before.");
        if (operation == MathOperation.Divide && operand is { IsVariable: false, Number: 0 }) return option.Fault("Nothing can be divided by zero.");
        if (NumberFieldSyntax.TryField(signature, option, bytes, offset, rest, _ => false, out var field) is { } fault) return fault;
        var slot = NumberFieldSyntax.Slot(signature, name);
        if (slot < 0) return option.Fault($"A rule has at most {MatchContext.MaxVariables} variables.");
        signature.Add(new FixedDraft(option.NamePosition, new ByteMathStep(field, operation.Value, operand, slot) { IsRelative = field.IsRelative }));
        return null;
    }
}
