using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>flowvar:NAME,[!]"bytes"</c> and <c>pktvar</c>: what an expression captured before.</summary>
internal static class Variables
{
    public static SyntaxFault? ParseFlow(SignatureBuilder signature, OptionSyntax option) => Parse(signature, option, VariableScope.Flow);

    public static SyntaxFault? ParsePacket(SignatureBuilder signature, OptionSyntax option) => Parse(signature, option, VariableScope.Packet);

    private static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option, VariableScope scope)
    {
        var comma = option.Value?.IndexOf(',', StringComparison.Ordinal) ?? -1;
        if (comma < 1) return option.Fault($"{option.Name} is written {option.Name}:NAME,\"bytes\";");
        var text = option.Value![(comma + 1)..].Trim();
        var quoted = text.TrimStart('!') is ['"', ..] ? text : $"{(text.StartsWith('!') ? "!" : "")}\"{text.TrimStart('!')}\"";
        if (Quoted.TryBytes(option with { Value = quoted }, out var bytes, out var isNegated) is { } fault) return fault;
        if (bytes.Length == 0) return option.Fault("An empty content would match everywhere.");
        signature.State.Add(new VariableOperation(scope, signature.Names.Variable(option.Value[..comma].Trim()), bytes, isNegated));
        return null;
    }
}
