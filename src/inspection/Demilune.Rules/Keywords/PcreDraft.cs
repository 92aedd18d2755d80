using Demilune.Rules.Matching;
using Demilune.Rules.Regex;

namespace Demilune.Rules.Keywords;

/// <summary>A <c>pcre</c>, with what has to match in a whole buffer.</summary>
/// <param name="expression">Null: whether it matches says nothing about the whole buffer (negated, or relative to what matched before).</param>
internal sealed class PcreDraft(int position, PcreStep step, RegexExpression? expression) : FixedDraft(position, step)
{
    public RegexExpression? Expression => expression;
}
