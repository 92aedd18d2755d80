namespace Demilune.Rules.Matching;

internal enum ByteComparison { Less, Greater, Equal, LessOrEqual, GreaterOrEqual, And, Xor }

/// <summary><c>byte_test</c></summary>
internal sealed class ByteTestStep(NumberField field, ByteComparison comparison, bool isNegated, Operand other) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (!field.TryRead(in run, out var value, out _)) return false;
        var with = (ulong)other.In(run.Context);
        var holds = comparison switch
        {
            ByteComparison.Less => value < with,
            ByteComparison.Greater => value > with,
            ByteComparison.Equal => value == with,
            ByteComparison.LessOrEqual => value <= with,
            ByteComparison.GreaterOrEqual => value >= with,
            ByteComparison.And => (value & with) != 0,
            _ => (value ^ with) != 0,
        };
        return holds != isNegated && run.Continue(index + 1);
    }
}
