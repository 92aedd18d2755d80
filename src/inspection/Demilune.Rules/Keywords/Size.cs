using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>bsize</c> of the sticky buffer, <c>urilen</c> of the URI.</summary>
internal static class Size
{
    public static SyntaxFault? Buffer(SignatureBuilder signature, OptionSyntax option)
    {
        if (signature.Sticky is null) return option.NameFault("bsize is the size of a sticky buffer, and none is named before it (for payload there is dsize).");
        if (!NumberRange.TryParse(option.Value ?? "", endsBelong: false, out var range)) return option.Fault("bsize takes n, <n, >n, <=n, >=n or a<>b.");
        signature.Add(new FixedDraft(option.NamePosition, new SizeStep(range)));
        return null;
    }

    public static SyntaxFault? Uri(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length > 2 || parts.Length == 2 && parts[1] is not ("norm" or "raw") || !NumberRange.TryParse(parts[0], endsBelong: false, out var range))
            return option.Fault("urilen takes n, <n, >n or a<>b, and then ,norm (default) or ,raw.");
        signature.AddTo(parts.Length == 2 && parts[1] == "raw" ? BufferId.HttpUriRaw : BufferId.HttpUri, new FixedDraft(option.NamePosition, new SizeStep(range)));
        return null;
    }
}
