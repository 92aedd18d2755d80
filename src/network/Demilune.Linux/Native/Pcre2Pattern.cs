using System.Runtime.InteropServices;
using System.Text;
using static Demilune.Linux.Native.Pcre2Library;

namespace Demilune.Linux.Native;

/// <summary>An expression compiled by PCRE2, to machine code where it can. Bytes in, offsets out; any number of threads at once.</summary>
public sealed unsafe class Pcre2Pattern : SafeHandle
{
    /// <summary>Groups that a match can tell of; as in Suricata.</summary>
    public const int MaxGroups = 8;

    private Pcre2Pattern(nint code) : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle(code);

    /// <summary>False when libpcre2-8.so.0 is not installed (Debian's package libpcre2-8-0), or older than 10.30.</summary>
    public static bool IsAvailable => IsPresent;

    /// <summary>As the library gives it ("10.42 2022-12-11"); empty without it.</summary>
    public static string Version { get; } = ReadVersion();

    public override bool IsInvalid => handle == 0;

    /// <param name="error">PCRE2's own message when the result is null.</param>
    /// <param name="errorOffset">Where in the pattern.</param>
    /// <exception cref="DllNotFoundException">Not <see cref="IsAvailable"/>.</exception>
    public static Pcre2Pattern? TryCompile(ReadOnlySpan<byte> pattern, Pcre2Options options, out string? error, out int errorOffset)
    {
        error = null;
        errorOffset = 0;
        int code;
        nuint offset;
        nint compiled;
        fixed (byte* start = pattern.IsEmpty ? "\0"u8 : pattern)
            compiled = pcre2_compile(start, (nuint)pattern.Length, (uint)options, &code, &offset, 0);
        if (compiled == 0)
        {
            error = Message(code);
            errorOffset = (int)offset;
            return null;
        }
        // Failure only means that this one is interpreted.
        _ = pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
        return new(compiled);
    }

    /// <summary>Finds the first match at or after <paramref name="start"/>; what lies before it is seen by look-behind.</summary>
    /// <param name="whole">Of the match. Start may be above end only with \K in a look-ahead; it is then put right.</param>
    /// <param name="groups">Of the first groups, at most <see cref="MaxGroups"/>; 0..0 where one took no part.</param>
    public Pcre2Outcome Match(ReadOnlySpan<byte> subject, int start, out Range whole, Span<Range> groups)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)subject.Length);
        whole = default;
        groups.Clear();
        var workspace = Pcre2Workspace.OfThread();
        int result;
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            fixed (byte* bytes = subject.IsEmpty ? "\0"u8 : subject)
                result = pcre2_match(handle, bytes, (nuint)subject.Length, (nuint)start, 0, workspace.Data, workspace.Context);
        }
        finally
        {
            if (added) DangerousRelease();
        }
        if (result == PCRE2_ERROR_NOMATCH) return Pcre2Outcome.NoMatch;
        if (result < 0) return Pcre2Outcome.LimitReached;
        whole = Pair(workspace.Ovector, 0);
        // 0 means more groups than room: the first ones are there all the same.
        var known = result == 0 ? MaxGroups : result - 1;
        for (var i = 0; i < groups.Length && i < known; i++) groups[i] = Pair(workspace.Ovector, i + 1);
        return Pcre2Outcome.Match;
    }

    protected override bool ReleaseHandle()
    {
        pcre2_code_free(handle);
        return true;
    }

    private static Range Pair(nuint* ovector, int index)
    {
        var (first, last) = (ovector[2 * index], ovector[2 * index + 1]);
        if (first == PCRE2_UNSET) return default;
        return first <= last ? new((int)first, (int)last) : new((int)last, (int)first);
    }

    private static string Message(int code)
    {
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* start = buffer)
        {
            var length = pcre2_get_error_message(code, start, (nuint)buffer.Length);
            return length < 0 ? $"PCRE2 error {code}" : Encoding.UTF8.GetString(buffer[..length]);
        }
    }

    private static string ReadVersion()
    {
        if (!IsAvailable) return "";
        Span<byte> buffer = stackalloc byte[64];
        fixed (byte* start = buffer)
        {
            var length = pcre2_config(PCRE2_CONFIG_VERSION, start);
            return length <= 1 ? "" : Encoding.UTF8.GetString(buffer[..(length - 1)]);
        }
    }
}
