using System.Runtime.InteropServices;

namespace Demilune.Linux.Native;

/// <summary>pcre2.h of PCRE2 10.x, 8-bit code units. C names.</summary>
internal static unsafe partial class Pcre2Library
{
    private const string Library = "libpcre2-8.so.0";

    public const int PCRE2_ERROR_NOMATCH = -1;
    public const int PCRE2_ERROR_MATCHLIMIT = -47;
    public const int PCRE2_ERROR_DEPTHLIMIT = -53;
    public const int PCRE2_ERROR_HEAPLIMIT = -63;
    public const int PCRE2_ERROR_JIT_STACKLIMIT = -46;
    public const uint PCRE2_JIT_COMPLETE = 1;
    public const uint PCRE2_CONFIG_JIT = 1;
    public const uint PCRE2_CONFIG_VERSION = 11;

    public static nuint PCRE2_UNSET => nuint.MaxValue;

    [LibraryImport(Library, EntryPoint = "pcre2_config_8")]
    public static partial int pcre2_config(uint what, void* where);

    [LibraryImport(Library, EntryPoint = "pcre2_compile_8")]
    public static partial nint pcre2_compile(byte* pattern, nuint length, uint options, int* errorCode, nuint* errorOffset, nint compileContext);

    [LibraryImport(Library, EntryPoint = "pcre2_code_free_8")]
    public static partial void pcre2_code_free(nint code);

    [LibraryImport(Library, EntryPoint = "pcre2_jit_compile_8")]
    public static partial int pcre2_jit_compile(nint code, uint options);

    [LibraryImport(Library, EntryPoint = "pcre2_match_data_create_8")]
    public static partial nint pcre2_match_data_create(uint ovecSize, nint generalContext);

    [LibraryImport(Library, EntryPoint = "pcre2_match_data_free_8")]
    public static partial void pcre2_match_data_free(nint matchData);

    [LibraryImport(Library, EntryPoint = "pcre2_get_ovector_pointer_8")]
    public static partial nuint* pcre2_get_ovector_pointer(nint matchData);

    [LibraryImport(Library, EntryPoint = "pcre2_match_context_create_8")]
    public static partial nint pcre2_match_context_create(nint generalContext);

    [LibraryImport(Library, EntryPoint = "pcre2_match_context_free_8")]
    public static partial void pcre2_match_context_free(nint matchContext);

    [LibraryImport(Library, EntryPoint = "pcre2_set_match_limit_8")]
    public static partial int pcre2_set_match_limit(nint matchContext, uint limit);

    [LibraryImport(Library, EntryPoint = "pcre2_set_depth_limit_8")]
    public static partial int pcre2_set_depth_limit(nint matchContext, uint limit);

    [LibraryImport(Library, EntryPoint = "pcre2_set_heap_limit_8")]
    public static partial int pcre2_set_heap_limit(nint matchContext, uint kibibytes);

    [LibraryImport(Library, EntryPoint = "pcre2_jit_stack_create_8")]
    public static partial nint pcre2_jit_stack_create(nuint start, nuint max, nint generalContext);

    [LibraryImport(Library, EntryPoint = "pcre2_jit_stack_free_8")]
    public static partial void pcre2_jit_stack_free(nint stack);

    [LibraryImport(Library, EntryPoint = "pcre2_jit_stack_assign_8")]
    public static partial void pcre2_jit_stack_assign(nint matchContext, nint callback, nint stack);

    [LibraryImport(Library, EntryPoint = "pcre2_match_8")]
    public static partial int pcre2_match(nint code, byte* subject, nuint length, nuint start, uint options, nint matchData, nint matchContext);

    [LibraryImport(Library, EntryPoint = "pcre2_get_error_message_8")]
    public static partial int pcre2_get_error_message(int code, byte* buffer, nuint length);

    /// <summary>False, once and for all, when the library or one of its functions is absent.</summary>
    public static bool IsPresent { get; } = Probe();

    private static bool Probe()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(Pcre2Library).Assembly, null, out var handle)) return false;
        // The youngest function used here came with 10.30; the handle stays open for the life of the process.
        return NativeLibrary.TryGetExport(handle, "pcre2_set_heap_limit_8", out _);
    }
}
