using System.Globalization;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>asn1:[bitstring_overflow] [double_overflow] [oversize_length n] [absolute_offset n | relative_offset n]</c>, in any order, with spaces or commas between.</summary>
internal static class Asn1Keyword
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var words = new Queue<string>((option.Value ?? "").Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries));
        if (words.Count == 0) return Fault(option);
        var faults = Asn1Faults.None;
        uint? longest = null;
        int? absolute = null, relative = null;
        while (words.TryDequeue(out var word))
        {
            if (word == "bitstring_overflow") faults |= Asn1Faults.BitString;
            else if (word == "double_overflow") faults |= Asn1Faults.Double;
            else if (!words.TryDequeue(out var number)) return Fault(option);
            else if (word == "oversize_length" && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var length)) longest = length;
            else if (word == "absolute_offset" && ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var from)) absolute = from;
            else if (word == "relative_offset" && int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var by) && by is >= -ushort.MaxValue and <= ushort.MaxValue) relative = by;
            else return Fault(option);
        }
        var isRelative = absolute is null && relative is not null;
        signature.Add(new FixedDraft(option.NamePosition, new Asn1Step(faults, longest, absolute ?? relative ?? 0) { IsRelative = isRelative }));
        return null;
    }

    private static SyntaxFault Fault(OptionSyntax option) => option.Fault(
        "asn1 takes bitstring_overflow, double_overflow, oversize_length N, absolute_offset 0…65535 and relative_offset -65535…65535, as in asn1:oversize_length 2048, relative_offset 27;");
}
