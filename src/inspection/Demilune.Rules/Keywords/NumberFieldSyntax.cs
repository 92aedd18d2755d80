using System.Globalization;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Reads what all <c>byte_*</c> options share.</summary>
internal static class NumberFieldSyntax
{
    public static string[] Parts(OptionSyntax option) => (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);

    /// <summary>A signed number (decimal or 0x…), or the name of a variable.</summary>
    public static bool TryOperand(SignatureBuilder signature, string text, out Operand operand)
    {
        operand = default;
        if (TryNumber(text, out var number)) operand = new(number);
        else if (signature.Variables.IndexOf(text) is >= 0 and var slot) operand = new(0, slot);
        else return false;
        return true;
    }

    public static bool TryNumber(string text, out long number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>Neither a number nor a variable that was set before.</summary>
    private static string Unknown(OptionSyntax option, string word) =>
        $"{(option.Name == "byte_math" ? "unknown byte_ keyword var" : "Unknown byte_extract var")} seen in {option.Name} - {word}: it is no number either.";

    /// <summary>The words after the fixed ones. Those it does not know go to <paramref name="other"/>.</summary>
    public static SyntaxFault? TryField(
        SignatureBuilder signature, OptionSyntax option, string length, string offset, IEnumerable<string> words, Func<string, bool> other, out NumberField field)
    {
        field = null!;
        if (!TryOperand(signature, length, out var bytes)) return option.Fault(Unknown(option, length));
        if (!TryOperand(signature, offset, out var at)) return option.Fault(Unknown(option, offset));
        var read = new NumberField { Length = bytes, Offset = at };
        var isText = false;
        foreach (var word in words)
        {
            var pair = word.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (pair is [var key, ..] ? key : "")
            {
                case "relative": read = read with { IsRelative = true }; break;
                case "little": read = read with { IsLittleEndian = true }; break;
                case "big": read = read with { IsLittleEndian = false }; break;
                case "endian" when pair is [_, "big" or "little"]: read = read with { IsLittleEndian = pair[1] == "little" }; break;
                case "string":
                    isText = true;
                    if (pair.Length == 2 && TextBase(pair[1]) is > 0 and var named) read = read with { TextBase = named };
                    break;
                case "hex" or "dec" or "oct": read = read with { TextBase = TextBase(word) }; break;
                case "bitmask" when pair is [_, var mask]:
                    var digits = mask.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? mask[2..] : mask;
                    if (!ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) || bits == 0)
                        return option.Fault($"'{mask}' is not a bit mask, such as 0x0FF0.");
                    read = read with { Mask = bits };
                    break;
                case "dce": read = read with { FollowsBuffer = true }; break;
                default:
                    if (!other(word)) return option.Fault($"'{option.Name}' does not know '{word}'.");
                    break;
            }
        }
        if (isText && read.TextBase == 0) return option.Fault("string needs hex, dec or oct.");
        if (!isText && read.TextBase != 0) return option.Fault("hex, dec and oct say how a string is read: 'string' is missing.");
        if (!bytes.IsVariable && (bytes.Number < (isText || option.Name == "byte_jump" ? 0 : 1) || bytes.Number > (isText ? NumberField.MaxTextLength : 8)))
            return option.Fault("A binary number has 1 to 8 bytes, one written as text up to 23 (0: as many as there are).");
        field = read;
        return null;
    }

    /// <returns>The variable's slot, or -1 when there are too many.</returns>
    public static int Slot(SignatureBuilder signature, string name)
    {
        var slot = signature.Variables.IndexOf(name);
        if (slot >= 0) return slot;
        if (signature.Variables.Count == MatchContext.MaxVariables) return -1;
        signature.Variables.Add(name);
        return signature.Variables.Count - 1;
    }

    private static int TextBase(string word) => word switch { "hex" => 16, "dec" => 10, "oct" => 8, _ => 0 };
}
