using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>decode-event:NAME</c>, and <c>engine-event:decoder.NAME</c>: something is odd about the packet's headers.</summary>
internal static class DecodeEventKeyword
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option) => Parse(signature, option, "decoder.");

    public static SyntaxFault? ParseFull(SignatureBuilder signature, OptionSyntax option) =>
        (option.Value ?? "").StartsWith("stream.", StringComparison.Ordinal)
            ? option.Fault("stream events are asked for by stream-event.")
            : Parse(signature, option, "");

    private static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option, string prefix)
    {
        var name = prefix + (option.Value ?? "").Trim();
        var number = signature.Options.DecodeEvent(name);
        if (number < 0) return option.Fault($"There is no event '{name}'; for example: decode-event:ipv4.trunc_pkt.");
        signature.PacketConditions.Add(new Happened(UInt128.One << number));
        return null;
    }

    private sealed class Happened(UInt128 bit) : PacketCondition
    {
        public override bool NeedsIp => false;
        public override bool Holds(in PacketFacts facts) => (facts.DecodeEvents & bit) != 0;
    }
}
