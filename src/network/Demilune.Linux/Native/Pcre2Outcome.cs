namespace Demilune.Linux.Native;

public enum Pcre2Outcome
{
    NoMatch,
    Match,

    /// <summary>A limit on backtracking, depth, heap or JIT stack was reached: no answer.</summary>
    LimitReached,
}
