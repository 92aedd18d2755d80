namespace Demilune.Rules.State;

public enum FlowbitAction { IsSet, IsNotSet, Set, Unset, Toggle }

/// <summary>One <c>flowbits</c> option. Conditions are asked before the signature may match, the rest is done after it did.</summary>
/// <param name="Bits">Indexes below <see cref="Compile.RuleSet.FlowbitCount"/>. More than one (<c>isset,a|b</c>): any of them.</param>
public sealed record FlowbitOperation(FlowbitAction Action, int[] Bits)
{
    public bool IsCondition => Action is FlowbitAction.IsSet or FlowbitAction.IsNotSet;
}
