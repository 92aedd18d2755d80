using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>threshold:type …, track …, count …, seconds …</c> and <c>detection_filter:track …, count …, seconds …</c></summary>
internal static class Threshold
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option) => Parse(signature, option, null);

    public static SyntaxFault? ParseFilter(SignatureBuilder signature, OptionSyntax option) => Parse(signature, option, ThresholdKind.DetectionFilter);

    private static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option, ThresholdKind? kind)
    {
        if (signature.Threshold is not null) return option.NameFault($"multiple \"{option.Name}\" options are not allowed in the same rule, nor one beside another kind of threshold.");
        ThresholdTrack? track = null;
        uint count = 0, seconds = 0;
        foreach (var part in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is not [var key, var value]) return option.Fault($"Expected pairs such as 'count 5', found '{part}'.");
            switch (key)
            {
                case "type" when kind is null:
                    kind = value switch { "limit" => ThresholdKind.Limit, "threshold" => ThresholdKind.Threshold, "both" => ThresholdKind.Both, _ => null };
                    if (kind is null) return option.Fault($"The type is limit, threshold or both, not '{value}'.");
                    break;
                case "track":
                    track = value switch
                    {
                        "by_src" => ThresholdTrack.BySource,
                        "by_dst" => ThresholdTrack.ByDestination,
                        "by_both" => ThresholdTrack.ByBoth,
                        "by_rule" => ThresholdTrack.ByRule,
                        "by_flow" => ThresholdTrack.ByFlow,
                        _ => null,
                    };
                    if (track is null) return option.Fault($"track is by_src, by_dst, by_both, by_rule or by_flow, not '{value}'.");
                    break;
                case "count" when uint.TryParse(value, out count) && count is > 0 and <= int.MaxValue: break;
                case "seconds" when uint.TryParse(value, out seconds) && seconds > 0: break;
                default: return option.Fault($"'{part}' is not understood; expected type, track, count (from 1) and seconds (from 1).");
            }
        }
        if (kind is null || track is null || count == 0 || seconds == 0)
            return option.Fault($"'{option.Name}' needs {(option.Name == "threshold" ? "type, " : "")}track, count and seconds.");
        signature.Threshold = new(kind.Value, track.Value, (int)count, TimeSpan.FromSeconds(seconds));
        return null;
    }
}
