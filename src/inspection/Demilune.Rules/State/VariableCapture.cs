namespace Demilune.Rules.State;

/// <summary>How long a captured text lives.</summary>
public enum VariableScope { Packet, Flow }

/// <summary>A text that an expression of a matching signature captured (<c>pcre</c> with <c>flow:NAME</c> or <c>pkt:NAME</c>).</summary>
/// <param name="Name">Index into <see cref="Compile.RuleSet.VariableNames"/>.</param>
public readonly record struct VariableCapture(VariableScope Scope, int Name, int Start, int Length);

/// <summary><c>flowvar:NAME,"bytes"</c> or <c>pktvar</c>: a variable set before contains these bytes.</summary>
public sealed record VariableOperation(VariableScope Scope, int Name, byte[] Content, bool IsNegated) : StateOperation
{
    public override bool IsCondition => true;
}
