using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>stream-event:NAME</c></summary>
internal static class StreamEventKeyword
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value is not { } name || !StreamEvents.TryParse(name, out var happened))
            return option.Fault($"There is no stream event '{option.Value}'; for example: pkt_invalid_ack, reassembly_seq_gap, 3whs_synack_resend_with_diff_seq.");
        signature.PacketConditions.Add(new Happened(StreamEvents.Bit(happened)));
        return null;
    }

    private sealed class Happened(UInt128 bit) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => (facts.StreamEvents & bit) != 0;
    }
}
