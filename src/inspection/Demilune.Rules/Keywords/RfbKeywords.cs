using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>rfb.secresult:ok|fail|toomany|unknown</c></summary>
internal static class RfbKeywords
{
    public static SyntaxFault? Result(SignatureBuilder signature, OptionSyntax option) => (option.Value ?? "").Trim().ToLowerInvariant() switch
    {
        "ok" => ProtocolNumber.Add(signature, option, BufferId.RfbSecurityResult, new(0, 0)),
        "fail" => ProtocolNumber.Add(signature, option, BufferId.RfbSecurityResult, new(1, 1)),
        "toomany" => ProtocolNumber.Add(signature, option, BufferId.RfbSecurityResult, new(2, 2)),
        "unknown" => ProtocolNumber.Add(signature, option, BufferId.RfbSecurityResult, new(3, long.MaxValue)),
        _ => option.Fault("rfb.secresult is ok, fail, toomany or unknown."),
    };
}
