namespace Demilune.Rules.Matching;

internal enum MathOperation { Add, Subtract, Multiply, Divide, ShiftLeft, ShiftRight }

/// <summary><c>byte_math</c>: a number of the buffer, calculated with, into a variable.</summary>
internal sealed class ByteMathStep(NumberField field, MathOperation operation, Operand operand, int slot) : MatchStep
{
    /// <summary>What is relative goes on behind the number, as in Suricata.</summary>
    public override bool MovesPosition => true;

    public override bool Holds(ref MatchRun run, int index)
    {
        if (!field.TryRead(in run, out var value, out var end)) return false;
        var with = (ulong)operand.In(run.Context);
        if (operation == MathOperation.Divide && with == 0) return false;
        var result = unchecked(operation switch
        {
            MathOperation.Add => value + with,
            MathOperation.Subtract => value - with,
            MathOperation.Multiply => value * with,
            MathOperation.Divide => value / with,
            MathOperation.ShiftLeft => with < 64 ? value << (int)with : 0,
            _ => with < 64 ? value >> (int)with : 0,
        });
        // Suricata keeps results in 32 bits.
        run.Context.Variables[slot] = (uint)result;
        run.Position = end;
        return run.Continue(index + 1);
    }
}
