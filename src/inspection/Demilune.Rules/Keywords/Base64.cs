using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>base64_decode[:bytes N][, offset N][, relative]</c> and <c>base64_data</c></summary>
internal static class Base64
{
    public static SyntaxFault? Decode(SignatureBuilder signature, OptionSyntax option)
    {
        var (bytes, offset, isRelative) = (0, 0, false);
        foreach (var part in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var isKnown = part.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
            {
                ["bytes", var number] => int.TryParse(number, out bytes) && bytes is > 0 and <= 65535,
                ["offset", var number] => int.TryParse(number, out offset) && offset is >= 0 and <= 65535,
                ["relative"] => isRelative = true,
                _ => false,
            };
            if (!isKnown) return option.Fault($"base64_decode takes bytes N, offset N and relative, not '{part}'.");
        }
        signature.Add(new Base64Draft(option.NamePosition, bytes, offset, isRelative));
        return null;
    }

    public static SyntaxFault? Data(SignatureBuilder signature, OptionSyntax option)
    {
        if (!signature.Tests.Any(test => test.Steps.OfType<Base64Draft>().Any()))
            return option.NameFault("base64_data is what base64_decode decoded, and there is none before it.");
        signature.Stick(BufferCatalog.Get(BufferId.Base64Data));
        return Outcome.Bare(option);
    }
}

/// <summary>A decoding, whose inner steps come later in the rule.</summary>
internal sealed class Base64Draft(int position, int bytes, int offset, bool isRelative) : StepDraft(position)
{
    /// <summary>Set when the rule is complete: the steps of <c>base64_data</c>.</summary>
    public MatchStep[] Inner { get; set; } = [];

    public override MatchStep Build() => new Base64Step(bytes, offset, Inner) { IsRelative = isRelative };
}
