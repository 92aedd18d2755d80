using Demilune.Rules.Compile;
using Demilune.Rules.State;

namespace Demilune.Cli.Rules;

/// <summary>What is right by the language and yet cannot be meant: rules that never fire, or whose match nobody sees.</summary>
internal static class RuleDoubts
{
    /// <param name="rules">All that are loaded together: what one asks for another may set.</param>
    public static IEnumerable<(Signature Signature, string Doubt)> Of(RuleSet rules)
    {
        var set = rules.Signatures.SelectMany(signature => signature.Flowbits)
            .Where(operation => operation.Action is FlowbitAction.Set or FlowbitAction.Toggle).SelectMany(operation => operation.Bits).ToHashSet();
        var asked = rules.Signatures.SelectMany(signature => signature.Flowbits).Where(operation => operation.IsCondition).SelectMany(operation => operation.Bits).ToHashSet();
        foreach (var signature in rules.Signatures)
        {
            foreach (var operation in signature.Flowbits)
            {
                var names = string.Join('|', operation.Bits.Select(bit => rules.FlowbitNames[bit]));
                if (operation.Action == FlowbitAction.IsSet && !operation.Bits.Any(set.Contains)) yield return (signature, $"never fires: no rule sets the flow bit {names}");
                if (operation.Action == FlowbitAction.Set && signature.NoAlert && !operation.Bits.Any(asked.Contains)) yield return (signature, $"sets the flow bit {names}, for which no rule asks, and does not alert");
            }
            if (signature.NoAlert && signature.Action == RuleAction.Alert && signature.Flowbits.Count == 0 && signature.State.Count == 0 && !signature.Bypass && !signature.HasSideEffects)
                yield return (signature, "does not alert (noalert) and changes nothing");
        }
    }
}
