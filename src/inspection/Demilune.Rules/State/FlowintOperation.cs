namespace Demilune.Rules.State;

public enum FlowintAction { Set, Add, Subtract, Less, LessOrEqual, Equal, NotEqual, GreaterOrEqual, Greater, IsSet, IsNotSet }

/// <summary>One <c>flowint</c> option: a counter of the flow.</summary>
/// <param name="Slot">The counter, below <see cref="Compile.RuleSet.CounterCount"/>.</param>
/// <param name="Value">What it is compared with or changed by, if <paramref name="Other"/> is not set.</param>
/// <param name="Other">Another counter that holds the value, or -1. While that one is not set, the option does not hold.</param>
public sealed record FlowintOperation(FlowintAction Action, int Slot, uint Value, int Other = -1) : StateOperation
{
    public override bool IsCondition => Action >= FlowintAction.Less;
}
