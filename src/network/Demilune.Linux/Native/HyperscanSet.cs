using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static Demilune.Linux.Native.HyperscanLibrary;

namespace Demilune.Linux.Native;

/// <summary>What an expression's letters mean to Hyperscan.</summary>
[Flags]
public enum HyperscanOptions
{
    None = 0,
    Caseless = 1,
    DotAll = 2,
    MultiLine = 4,
}

/// <summary>
/// Many expressions looked for at once. A prefilter: it reports every expression that matches and perhaps some that do
/// not (constructs that Hyperscan lacks are widened), so whoever asks has to make sure.
/// </summary>
/// <remarks>Any number of threads at once; scanning allocates nothing once as many threads have scanned as ever do together.</remarks>
public sealed unsafe class HyperscanSet : SafeHandle
{
    private readonly int _count;

    /// <summary>Working memory of one scan; 0 while a scan has it.</summary>
    private nint _scratch;

    private HyperscanSet(nint database, nint scratch, int count) : base(invalidHandleValue: 0, ownsHandle: true)
    {
        SetHandle(database);
        _scratch = scratch;
        _count = count;
    }

    /// <summary>False when libhs.so.5 is not installed (Debian's packages libhyperscan5 and libvectorscan5), or this processor lacks what it needs (SSSE3).</summary>
    public static bool IsAvailable { get; } = Probe();

    public override bool IsInvalid => handle == 0;

    /// <param name="expressions">In PCRE's syntax, over bytes.</param>
    /// <param name="accepted">As many as expressions: set to false for those that Hyperscan cannot look for. Scans never report these.</param>
    /// <returns>Null if nothing is left to look for, or the whole is too large.</returns>
    /// <exception cref="DllNotFoundException">Not <see cref="IsAvailable"/>.</exception>
    public static HyperscanSet? TryCompile(IReadOnlyList<(string Pattern, HyperscanOptions Options)> expressions, Span<bool> accepted)
    {
        accepted.Fill(true);
        var ids = Enumerable.Range(0, expressions.Count).ToList();
        while (ids.Count > 0)
        {
            if (TryBuild(expressions, ids, out var refused) is { } set) return set;
            if (refused < 0) break;
            accepted[ids[refused]] = false;
            ids.RemoveAt(refused);
        }
        accepted.Clear();
        return null;
    }

    /// <summary>
    /// The same for plain bytes, without regard to ASCII case. With it, tables for a thousand literals would take ten times as long to build, and
    /// 170 MB while they are built.
    /// </summary>
    /// <param name="literals">None of them empty.</param>
    /// <returns>Null if the library has no such search (before 5.2), or cannot make this one.</returns>
    /// <exception cref="DllNotFoundException">Not <see cref="IsAvailable"/>.</exception>
    public static HyperscanSet? TryCompile(IReadOnlyList<byte[]> literals)
    {
        var count = literals.Count;
        if (count == 0) return null;
        var texts = (byte**)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(byte*));
        var bytes = (byte*)NativeMemory.Alloc((nuint)literals.Sum(literal => literal.Length));
        try
        {
            var flags = new uint[count];
            var numbers = new uint[count];
            var lengths = new nuint[count];
            var at = bytes;
            for (var i = 0; i < count; i++)
            {
                var literal = literals[i];
                literal.CopyTo(new Span<byte>(at, literal.Length));
                texts[i] = at;
                (numbers[i], lengths[i]) = ((uint)i, (nuint)literal.Length);
                flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS;
                at += literal.Length;
            }
            nint database;
            hs_compile_error_t* error;
            fixed (uint* flag = flags, number = numbers)
            fixed (nuint* length = lengths)
            {
                if (hs_compile_lit_multi(texts, flag, number, length, (uint)count, HS_MODE_BLOCK, 0, &database, &error) != HS_SUCCESS)
                {
                    _ = hs_free_compile_error(error);
                    return null;
                }
            }
            return WithScratch(database, count);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
        finally
        {
            NativeMemory.Free(bytes);
            NativeMemory.Free(texts);
        }
    }

    private static HyperscanSet? WithScratch(nint database, int count)
    {
        nint scratch = 0;
        if (hs_alloc_scratch(database, &scratch) == HS_SUCCESS) return new(database, scratch, count);
        _ = hs_free_database(database);
        return null;
    }

    /// <summary>Writes the indexes of the expressions found, each once, in no order.</summary>
    /// <param name="found">Room for as many as there are expressions.</param>
    /// <returns>How many; -1 if the scan failed and nothing is known.</returns>
    public int Scan(ReadOnlySpan<byte> bytes, Span<int> found)
    {
        if (found.Length < _count) throw new ArgumentException("too small", nameof(found));
        var scratch = Interlocked.Exchange(ref _scratch, 0);
        if (scratch == 0 && hs_alloc_scratch(handle, &scratch) != HS_SUCCESS) return -1;
        int outcome;
        Found hits;
        fixed (byte* data = bytes.IsEmpty ? "\0"u8 : bytes)
        fixed (int* into = found)
        {
            hits = new() { Into = into };
            outcome = hs_scan(handle, data, (uint)bytes.Length, 0, scratch, &Hit, &hits);
        }
        // Whoever comes back second finds the place taken.
        if (Interlocked.CompareExchange(ref _scratch, scratch, 0) != 0) _ = hs_free_scratch(scratch);
        return outcome == HS_SUCCESS ? hits.Count : -1;
    }

    protected override bool ReleaseHandle()
    {
        if (_scratch != 0) _ = hs_free_scratch(_scratch);
        return hs_free_database(handle) == HS_SUCCESS;
    }

    private static HyperscanSet? TryBuild(IReadOnlyList<(string Pattern, HyperscanOptions Options)> expressions, List<int> ids, out int refused)
    {
        refused = -1;
        var texts = (byte**)NativeMemory.AllocZeroed((nuint)ids.Count, (nuint)sizeof(byte*));
        try
        {
            var flags = new uint[ids.Count];
            var numbers = new uint[ids.Count];
            for (var i = 0; i < ids.Count; i++)
            {
                var (pattern, options) = expressions[ids[i]];
                if (pattern.Contains('\0', StringComparison.Ordinal))
                {
                    refused = i;
                    return null;
                }
                texts[i] = (byte*)Marshal.StringToCoTaskMemUTF8(pattern);
                flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | HS_FLAG_PREFILTER | (uint)options;
                numbers[i] = (uint)ids[i];
            }
            nint database;
            hs_compile_error_t* error;
            fixed (uint* flag = flags, number = numbers)
            {
                if (hs_compile_multi(texts, flag, number, (uint)ids.Count, HS_MODE_BLOCK, 0, &database, &error) != HS_SUCCESS)
                {
                    refused = error->expression;
                    _ = hs_free_compile_error(error);
                    return null;
                }
            }
            return WithScratch(database, expressions.Count);
        }
        finally
        {
            for (var i = 0; i < ids.Count; i++) Marshal.FreeCoTaskMem((nint)texts[i]);
            NativeMemory.Free(texts);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Hit(uint id, ulong from, ulong to, uint flags, void* context)
    {
        var hits = (Found*)context;
        hits->Into[hits->Count++] = (int)id;
        return 0;
    }

    private struct Found
    {
        public int* Into;
        public int Count;
    }

    private static bool Probe()
    {
        try
        {
            return hs_valid_platform() == HS_SUCCESS;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return false;
        }
    }
}
