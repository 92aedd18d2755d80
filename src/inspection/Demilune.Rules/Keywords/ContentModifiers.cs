using System.Globalization;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Where the content before may lie: <c>nocase offset depth distance within startswith endswith rawbytes</c>.</summary>
internal static class ContentModifiers
{
    /// <summary>As far as Suricata counts from the start of a buffer, and from a match.</summary>
    private const int MaxPlace = ushort.MaxValue, MaxDistance = 1 << 20;

    public static SyntaxFault? NoCase(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.NoCase) return Twice(option);
        content.NoCase = true;
        return Outcome.Bare(option);
    }

    /// <summary>Has had no meaning since payloads stopped being normalised; still in rules.</summary>
    public static SyntaxFault? RawBytes(SignatureBuilder signature, OptionSyntax option)
    {
        if (signature.Sticky is { } buffer) return option.NameFault($"rawbytes is about payload, and cannot go with {buffer.Name}.");
        return Last(signature, option, out _) ?? Outcome.Bare(option);
    }

    public static SyntaxFault? Offset(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.IsRelative) return Mixed(option);
        if (content.Offset is not null) return Twice(option);
        if (TryOperand(signature, option, 0, MaxPlace, out var offset) is { } wrong) return wrong;
        content.Offset = offset;
        return null;
    }

    public static SyntaxFault? Depth(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.IsRelative) return Mixed(option);
        if (content.Depth is not null) return Twice(option);
        if (TryOperand(signature, option, 1, MaxPlace, out var depth) is { } wrong) return wrong;
        if (!depth.IsVariable && depth.Number < content.Pattern.Length)
            return option.Fault($"depth:{depth.Number} is less than the content's {content.Pattern.Length} bytes: it could never match.");
        content.Depth = depth;
        return null;
    }

    public static SyntaxFault? Distance(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.IsAnchored) return Mixed(option);
        if (content.Distance is not null) return Twice(option);
        if (TryOperand(signature, option, int.MinValue, MaxDistance, out var distance) is { } wrong) return wrong;
        content.Distance = distance;
        return null;
    }

    public static SyntaxFault? Within(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.IsAnchored) return Mixed(option);
        if (content.Within is not null) return Twice(option);
        if (TryOperand(signature, option, 1, MaxDistance, out var within) is { } wrong) return wrong;
        if (!within.IsVariable && within.Number < content.Pattern.Length)
            return option.Fault($"within:{within.Number} is less than the content's {content.Pattern.Length} bytes: it could never match.");
        content.Within = within;
        return null;
    }

    public static SyntaxFault? StartsWith(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.IsRelative || content.IsAnchored) return option.NameFault("startswith already says where the content is: it cannot go with depth, offset, within or distance.");
        content.Offset = new Operand(0);
        content.Depth = new Operand(content.Pattern.Length);
        content.StartsWith = true;
        return Outcome.Bare(option);
    }

    public static SyntaxFault? EndsWith(SignatureBuilder signature, OptionSyntax option)
    {
        if (Last(signature, option, out var content) is { } fault) return fault;
        if (content.EndsWith) return Twice(option);
        content.EndsWith = true;
        return Outcome.Bare(option);
    }

    internal static SyntaxFault? Last(SignatureBuilder signature, OptionSyntax option, out ContentDraft content)
    {
        content = signature.LastContent!;
        return signature.LastContent is null ? option.NameFault($"'{option.Name}' modifies the content before it, and there is none in this buffer.") : null;
    }

    /// <summary>A number, or the name of a variable extracted earlier.</summary>
    internal static SyntaxFault? TryOperand(SignatureBuilder signature, OptionSyntax option, int least, int most, out Operand operand)
    {
        operand = default;
        var text = option.Value ?? "";
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            if (number < least || Math.Abs((long)number) > most) return option.Fault($"'{option.Name}' is a whole number{(least >= 0 ? $" from {least}" : "")}, at most {most}.");
            operand = new(number);
            return null;
        }
        var slot = signature.Variables.IndexOf(text);
        if (slot < 0) return option.Fault($"'{text}' is neither a number nor a variable that byte_extract or byte_math set before.");
        operand = new(0, slot);
        return null;
    }

    private static SyntaxFault Mixed(OptionSyntax option) =>
        option.NameFault("A content is placed either from the start (offset, depth) or from the match before (distance, within), not both.");

    private static SyntaxFault Twice(OptionSyntax option) => option.NameFault($"This content has '{option.Name}' already.");
}
