namespace Demilune.Rules.Compile;

/// <summary>What a rule does, in the order in which actions win.</summary>
public enum RuleAction { Pass, Drop, Reject, RejectSource, RejectDestination, RejectBoth, Alert }
