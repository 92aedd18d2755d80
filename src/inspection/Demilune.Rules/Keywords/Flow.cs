using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>flow:to_server,established…</c></summary>
internal static class Flow
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        foreach (var word in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            switch (word.ToLowerInvariant())
            {
                case "to_server" or "from_client":
                    if (Turn(signature, option, FlowDirections.ToServer) is { } wrong) return wrong;
                    break;
                case "to_client" or "from_server":
                    if (Turn(signature, option, FlowDirections.ToClient) is { } fault) return fault;
                    break;
                case "established": signature.PacketConditions.Add(new FlowState(Established: true)); break;
                case "not_established": signature.PacketConditions.Add(new FlowState(Established: false)); break;
                case "stateless": break;
                case "only_stream": signature.OnlyStream = true; break;
                case "no_stream": signature.NoStream = true; break;
                case "only_frag": signature.PacketConditions.Add(new Fragmentation(IsDefragmented: true)); break;
                case "no_frag": signature.PacketConditions.Add(new Fragmentation(IsDefragmented: false)); break;
                default:
                    return option.Fault($"flow knows to_server, to_client, from_server, from_client, established, not_established, stateless, only_stream, no_stream, only_frag and no_frag, not '{word}'.");
            }
        }
        return null;
    }

    private static SyntaxFault? Turn(SignatureBuilder signature, OptionSyntax option, FlowDirections direction)
    {
        if (signature.Direction is { } earlier && earlier != direction) return option.Fault("A packet travels to_server or to_client, not both.");
        signature.Direction = direction;
        return null;
    }

    private sealed class Fragmentation(bool IsDefragmented) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => facts.IsDefragmented == IsDefragmented;
    }

    private sealed class FlowState(bool Established) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => facts.Established == Established;
    }
}
