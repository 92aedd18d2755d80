namespace Demilune.Rules.State;

/// <summary>Whose bit it is, seen from the packet at hand.</summary>
public enum BitOwner { Source, Destination, Pair }

/// <summary>One <c>xbits</c> or <c>hostbits</c> option: a bit that outlives its flow.</summary>
/// <param name="Bit">The same number for the same name in every rule set. Both keywords mean the same bits of a host by the same name.</param>
/// <param name="Lifetime">After it was set last. Default of the language: 300 s for hostbits, 30 s for xbits.</param>
public sealed record SharedBitOperation(FlowbitAction Action, int Bit, BitOwner Owner, TimeSpan Lifetime) : StateOperation
{
    public override bool IsCondition => Action is FlowbitAction.IsSet or FlowbitAction.IsNotSet;
}
