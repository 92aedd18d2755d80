using static Demilune.Linux.Native.Pcre2Library;

namespace Demilune.Linux.Native;

/// <summary>What one thread needs to match: room for offsets, limits, a stack for compiled code. Made once per thread.</summary>
internal sealed unsafe class Pcre2Workspace
{
    /// <summary>The whole match and its groups.</summary>
    private const uint OvectorPairs = 1 + Pcre2Pattern.MaxGroups;

    /// <summary>
    /// Backtracking steps. Suricata's default (pcre.match-limit) is 3500, its recursion limit 1500. Higher here, since a limit reached is a rule
    /// not judged and padding a body is cheap: at worst about a millisecond per search.
    /// </summary>
    private const uint MatchLimit = 50_000;
    private const uint DepthLimit = 1_500;
    private const uint HeapLimitKibibytes = 1_024;
    private const int JitStackStart = 32 * 1024;
    private const int JitStackMax = 512 * 1024;

    [ThreadStatic]
    private static Pcre2Workspace? s_current;

    private readonly nint _stack;

    private Pcre2Workspace()
    {
        Data = pcre2_match_data_create(OvectorPairs, 0);
        Context = pcre2_match_context_create(0);
        _stack = pcre2_jit_stack_create(JitStackStart, JitStackMax, 0);
        if (Data == 0 || Context == 0) throw new InsufficientMemoryException("PCRE2 could not allocate the workspace of a thread.");
        Ovector = pcre2_get_ovector_pointer(Data);
        _ = pcre2_set_match_limit(Context, MatchLimit);
        _ = pcre2_set_depth_limit(Context, DepthLimit);
        _ = pcre2_set_heap_limit(Context, HeapLimitKibibytes);
        // Without one (no memory), compiled code uses 32 KB of the thread's own stack.
        if (_stack != 0) pcre2_jit_stack_assign(Context, 0, _stack);
    }

    ~Pcre2Workspace()
    {
        if (Context != 0) pcre2_match_context_free(Context);
        if (_stack != 0) pcre2_jit_stack_free(_stack);
        if (Data != 0) pcre2_match_data_free(Data);
    }

    public nint Data { get; }
    public nint Context { get; }
    public nuint* Ovector { get; }

    public static Pcre2Workspace OfThread() => s_current ??= new();
}
