namespace Demilune.Rules.Matching;

/// <summary>A number in a rule, or the variable that will hold it (<c>byte_extract</c>, <c>byte_math</c>).</summary>
internal readonly record struct Operand(long Number, int Slot = -1)
{
    public bool IsVariable => Slot >= 0;

    public long In(MatchContext context) => Slot < 0 ? Number : context.Variables[Slot];

    /// <summary>Values from the wire may be anything: kept where adding positions cannot overflow.</summary>
    public int Clamped(MatchContext context) => (int)Math.Clamp(In(context), -(1 << 28), 1 << 28);
}
