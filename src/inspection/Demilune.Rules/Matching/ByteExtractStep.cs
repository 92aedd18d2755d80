namespace Demilune.Rules.Matching;

/// <summary><c>byte_extract</c>: a number of the buffer into a variable.</summary>
internal sealed class ByteExtractStep(NumberField field, long multiplier, int align, int slot) : MatchStep
{
    /// <summary>What is relative goes on behind the number, as in Suricata.</summary>
    public override bool MovesPosition => true;

    public override bool Holds(ref MatchRun run, int index)
    {
        if (!field.TryRead(in run, out var value, out var end)) return false;
        value = unchecked(value * (ulong)multiplier);
        if (align > 0) value = (value + (ulong)align - 1) / (ulong)align * (ulong)align;
        run.Context.Variables[slot] = unchecked((long)value);
        run.Position = end;
        return run.Continue(index + 1);
    }
}
