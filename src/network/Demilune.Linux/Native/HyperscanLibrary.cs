using System.Runtime.InteropServices;

namespace Demilune.Linux.Native;

/// <summary>hs.h of Hyperscan 5 (or Vectorscan, which has its ABI). C names.</summary>
internal static unsafe partial class HyperscanLibrary
{
    private const string Library = "libhs.so.5";

    public const int HS_SUCCESS = 0;
    public const uint HS_FLAG_CASELESS = 1, HS_FLAG_DOTALL = 2, HS_FLAG_MULTILINE = 4, HS_FLAG_SINGLEMATCH = 8, HS_FLAG_ALLOWEMPTY = 16, HS_FLAG_PREFILTER = 128;
    public const uint HS_MODE_BLOCK = 1;

    public struct hs_compile_error_t
    {
        public byte* message;

        /// <summary>Index of the expression; negative if no single one is to blame.</summary>
        public int expression;
    }

    [LibraryImport(Library)]
    public static partial int hs_valid_platform();

    [LibraryImport(Library)]
    public static partial int hs_compile_multi(byte** expressions, uint* flags, uint* ids, uint elements, uint mode, nint platform, nint* database, hs_compile_error_t** error);

    /// <summary>As above for plain bytes of given lengths: nothing in them is special. Since 5.2.</summary>
    [LibraryImport(Library)]
    public static partial int hs_compile_lit_multi(byte** expressions, uint* flags, uint* ids, nuint* lengths, uint elements, uint mode, nint platform, nint* database, hs_compile_error_t** error);

    [LibraryImport(Library)]
    public static partial int hs_free_compile_error(hs_compile_error_t* error);

    [LibraryImport(Library)]
    public static partial int hs_free_database(nint database);

    [LibraryImport(Library)]
    public static partial int hs_alloc_scratch(nint database, nint* scratch);

    [LibraryImport(Library)]
    public static partial int hs_free_scratch(nint scratch);

    [LibraryImport(Library)]
    public static partial int hs_scan(nint database, byte* data, uint length, uint flags, nint scratch, delegate* unmanaged[Cdecl]<uint, ulong, ulong, uint, void*, int> onEvent, void* context);
}
