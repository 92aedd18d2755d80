namespace Demilune.Rules.State;

/// <summary>One option about what is remembered beyond a packet: a flow's counters, bits of hosts. Flow bits have a list of their own.</summary>
/// <remarks>Conditions are asked before the signature may match, the rest is done after it did.</remarks>
public abstract record StateOperation
{
    public abstract bool IsCondition { get; }
}
