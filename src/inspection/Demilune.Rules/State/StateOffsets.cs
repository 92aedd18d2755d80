namespace Demilune.Rules.State;

/// <summary>Where the numbers of one part of a joined rule set begin.</summary>
public readonly record struct StateOffsets(int Flowbits, int Counters, int Variables);
