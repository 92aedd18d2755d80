using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>byte_test:BYTES,[!]OPERATOR,VALUE,OFFSET[,relative][,little][,string,hex|dec|oct][,bitmask M]</c></summary>
internal static class ByteTest
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = NumberFieldSyntax.Parts(option);
        if (parts.Length < 4) return option.Fault("byte_test is written byte_test:BYTES,OPERATOR,VALUE,OFFSET;");
        var sign = parts[1];
        var isNegated = sign.StartsWith('!');
        ByteComparison? comparison = sign.TrimStart('!').Trim() switch
        {
            "<" => ByteComparison.Less,
            ">" => ByteComparison.Greater,
            "=" => ByteComparison.Equal,
            "" when isNegated => ByteComparison.Equal,
            "<=" => ByteComparison.LessOrEqual,
            ">=" => ByteComparison.GreaterOrEqual,
            "&" => ByteComparison.And,
            "^" => ByteComparison.Xor,
            _ => null,
        };
        if (comparison is null) return option.Fault($"byte_test compares by < > = <= >= & or ^, each with or without !, not by '{sign}'.");
        if (!NumberFieldSyntax.TryOperand(signature, parts[2], out var value)) return option.Fault($"'{parts[2]}' is neither a number nor a variable set before.");
        if (NumberFieldSyntax.TryField(signature, option, parts[0], parts[3], parts.Skip(4), _ => false, out var field) is { } fault) return fault;
        signature.Add(new FixedDraft(option.NamePosition, new ByteTestStep(field, comparison.Value, isNegated, value) { IsRelative = field.IsRelative }));
        return null;
    }
}
