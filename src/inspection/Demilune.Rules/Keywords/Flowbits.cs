using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>flowbits:set|unset|toggle|isset|isnotset,NAME[|NAME…]</c> and <c>flowbits:noalert</c></summary>
internal static class Flowbits
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value is "noalert")
        {
            signature.NoAlert = true;
            return null;
        }
        if (option.Value?.Split(',', 2, StringSplitOptions.TrimEntries) is not [var verb, { Length: > 0 } names])
            return option.Fault("flowbits is written flowbits:set,NAME; or flowbits:noalert;");
        FlowbitAction? action = verb switch
        {
            "set" => FlowbitAction.Set,
            "unset" => FlowbitAction.Unset,
            "toggle" => FlowbitAction.Toggle,
            "isset" => FlowbitAction.IsSet,
            "isnotset" => FlowbitAction.IsNotSet,
            _ => null,
        };
        if (action is null) return option.Fault($"flowbits can set, unset, toggle, isset, isnotset and noalert, not '{verb}'.");
        var bits = names.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (bits.Any(name => name.Any(char.IsWhiteSpace))) return option.Fault("The name of a flow bit has no blanks.");
        if (bits.Length > 1 && action is not (FlowbitAction.IsSet or FlowbitAction.IsNotSet))
            return option.Fault("Only isset and isnotset take several names.");
        signature.Flowbits.Add(new(action.Value, [.. bits.Select(signature.Names.Flowbit)]));
        return null;
    }
}
