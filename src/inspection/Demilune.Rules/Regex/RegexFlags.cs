namespace Demilune.Rules.Regex;

/// <summary>The flags of <c>/…/flags</c> that change how an expression matches, with PCRE's letters.</summary>
[Flags]
public enum RegexFlags
{
    None = 0,

    /// <summary><c>i</c></summary>
    IgnoreCase = 1,

    /// <summary><c>m</c>: ^ and $ match at newlines.</summary>
    MultiLine = 2,

    /// <summary><c>s</c>: a dot matches newlines.</summary>
    DotAll = 4,

    /// <summary><c>x</c>: blanks and comments in the pattern mean nothing.</summary>
    Extended = 8,

    /// <summary><c>A</c>: only where the search starts.</summary>
    Anchored = 16,

    /// <summary><c>E</c>: $ matches only at the very end, not before a final newline.</summary>
    DollarEndOnly = 32,

    /// <summary><c>G</c>: quantifiers are lazy unless followed by a question mark.</summary>
    Ungreedy = 64,
}
