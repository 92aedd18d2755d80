using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>fast_pattern[:only|:offset,length]</c>: which content the prefilter looks for.</summary>
internal static class FastPattern
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (ContentModifiers.Last(signature, option, out var content) is { } fault) return fault;
        if (signature.Tests.Any(test => test.Steps.OfType<ContentDraft>().Any(other => other.IsFastPattern)))
            return option.NameFault("A rule has one fast_pattern, and this one has it already.");
        if (signature.Sticky?.Id == Buffers.BufferId.Base64Data)
        {
            signature.Remarks.Add(option.NameFault("fast_pattern is ineffective with base64_data: what is decoded is no buffer that a prefilter sees."));
            return null;
        }
        content.IsFastPattern = true;
        switch (option.Value)
        {
            case null:
                break;
            case "only":
                if (content.IsNegated || content.IsRelative || content.IsAnchored)
                    return option.Fault("fast_pattern:only is for a content that may be anywhere: not negated, no offset, depth, distance or within.");
                content.IsFastPatternOnly = true;
                break;
            default:
                if (option.Value.Split(',') is not [var first, var second]
                    || !ushort.TryParse(first, out var offset) || !ushort.TryParse(second, out var length) || length == 0)
                    return option.Fault("fast_pattern takes nothing, 'only', or offset,length.");
                if (offset + length > content.Pattern.Length)
                    return option.Fault($"fast_pattern:{offset},{length} reaches beyond the content's {content.Pattern.Length} bytes.");
                content.Chop = (offset, length);
                break;
        }
        if (content.IsNegated && (content.IsRelative || content.IsAnchored))
            return option.NameFault("A negated content with a position cannot be a fast_pattern.");
        return null;
    }
}
