using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static Demilune.Linux.Bpf.BpfSyscall;

namespace Demilune.Linux.Bpf;

/// <summary>A kernel table. Keys and values are bytes of the sizes in <see cref="Spec"/>; per-CPU values are one after another, each
/// rounded up to eight bytes. Not synchronised: the kernel makes single rows atomic, nothing more.</summary>
public sealed unsafe class BpfMap : IBpfMap, IDisposable
{
    private static readonly Lazy<int> PossibleCpus = new(ReadPossibleCpus);
    private readonly SafeFileHandle _handle;

    private BpfMap(BpfMapSpec spec, SafeFileHandle handle) => (Spec, _handle) = (spec, handle);

    /// <summary>Name, type and sizes.</summary>
    public BpfMapSpec Spec { get; }

    internal SafeFileHandle Handle => _handle;

    /// <summary>Bytes of one value as system calls see it: all CPUs' for per-CPU tables.</summary>
    public int ValueLength => IsPerCpu ? (((int)Spec.ValueSize + 7) & ~7) * PossibleCpus.Value : (int)Spec.ValueSize;

    private bool IsPerCpu => Spec.Type is BpfMapType.PerCpuArray or BpfMapType.PerCpuHash;

    /// <summary>Number of per-CPU values in a row of a per-CPU table: the possible CPUs, not the online ones.</summary>
    public static int CpuCount => PossibleCpus.Value;

    /// <exception cref="BpfException">The kernel refused.</exception>
    public static BpfMap Create(BpfMapSpec spec)
    {
        MapCreate attributes = new()
        {
            Type = (uint)spec.Type, KeySize = spec.KeySize, ValueSize = spec.ValueSize, MaxEntries = spec.MaxEntries, Flags = spec.Flags,
        };
        CopyName(spec.Name, attributes.Name);
        var handle = BpfSyscall.Open(Command.MapCreate, ref attributes);
        return handle.IsInvalid
            ? throw BpfException.FromLastError($"create table {spec.Name} ({spec.Type}, {spec.MaxEntries} entries of {spec.KeySize}+{spec.ValueSize} bytes)")
            : new(spec, handle);
    }

    /// <summary>Opens a pinned table. Null: nothing is pinned there.</summary>
    /// <exception cref="InvalidDataException">Something else is pinned there.</exception>
    public static BpfMap? OpenPinned(string path, BpfMapSpec spec)
    {
        var handle = Pins.Open(path);
        if (handle is null) return null;
        MapInfo info = default;
        ObjectInfo attributes = new() { Descriptor = (uint)handle.Descriptor(), Length = (uint)sizeof(MapInfo), Info = &info };
        if (Call(Command.ObjectGetInfo, ref attributes) < 0) throw BpfException.FromLastError($"read what is pinned at {path}");
        if (info.Type != (uint)spec.Type || info.KeySize != spec.KeySize || info.ValueSize != spec.ValueSize)
            throw new InvalidDataException(
                $"{path} is another table: type {info.Type}, {info.KeySize}+{info.ValueSize} bytes; wanted {(int)spec.Type}, {spec.KeySize}+{spec.ValueSize}");
        return new(spec with { MaxEntries = info.MaxEntries, Flags = info.Flags }, handle);
    }

    /// <summary>Keeps the table in the kernel when this process ends.</summary>
    public void Pin(string path) => Pins.Pin(path, _handle);

    /// <summary>False: no such row.</summary>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckKey(key);
        if (value.Length != ValueLength) throw new ArgumentException($"{Spec.Name}: a value has {ValueLength} bytes, not {value.Length}");
        fixed (byte* k = key, v = value)
        {
            MapElement attributes = new() { Map = (uint)_handle.Descriptor(), Key = k, Value = v };
            if (Call(Command.MapLookup, ref attributes) >= 0) return true;
        }
        return Marshal.GetLastPInvokeError() == BpfException.NoEntry ? false : throw BpfException.FromLastError($"look up in {Spec.Name}");
    }

    /// <summary>Writes a row, whole.</summary>
    /// <exception cref="BpfException">The table is full (E2BIG, ENOMEM), or the kernel refused for another reason.</exception>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _ = Write(key, value, flags: 0);

    /// <summary>Writes a row unless it exists; false then.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Write(key, value, flags: 1);

    private bool Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        CheckKey(key);
        if (value.Length != ValueLength) throw new ArgumentException($"{Spec.Name}: a value has {ValueLength} bytes, not {value.Length}");
        fixed (byte* k = key, v = value)
        {
            MapElement attributes = new() { Map = (uint)_handle.Descriptor(), Key = k, Value = v, Flags = flags };
            if (Call(Command.MapUpdate, ref attributes) >= 0) return true;
        }
        return Marshal.GetLastPInvokeError() == BpfException.Exists ? false
            : throw BpfException.FromLastError($"write a row of {Spec.Name} (room for {Spec.MaxEntries})");
    }

    /// <summary>Writes many rows with one system call. Keys and values stand one after another.</summary>
    public void UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values)
    {
        var count = keys.Length / (int)Spec.KeySize;
        if (keys.Length % (int)Spec.KeySize != 0 || values.Length != count * ValueLength)
            throw new ArgumentException($"{Spec.Name}: {keys.Length} bytes of keys and {values.Length} of values do not belong together");
        if (count == 0) return;
        fixed (byte* k = keys, v = values)
        {
            MapBatch attributes = new() { Keys = k, Values = v, Count = (uint)count, Map = (uint)_handle.Descriptor() };
            if (Call(Command.MapUpdateBatch, ref attributes) < 0)
                throw BpfException.FromLastError($"write {count} rows of {Spec.Name} (room for {Spec.MaxEntries}; {attributes.Count} were written)");
        }
    }

    /// <summary>False: there was no such row.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        fixed (byte* k = key)
        {
            MapElement attributes = new() { Map = (uint)_handle.Descriptor(), Key = k };
            if (Call(Command.MapDelete, ref attributes) >= 0) return true;
        }
        return Marshal.GetLastPInvokeError() == BpfException.NoEntry ? false : throw BpfException.FromLastError($"delete a row of {Spec.Name}");
    }

    /// <summary>The key after <paramref name="key"/> (empty: the first one). False: that was the last.</summary>
    /// <remarks>When rows vanish meanwhile the walk may start over; walk only tables with a single writer, or bound the steps.</remarks>
    public bool TryNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        fixed (byte* k = key, n = next)
        {
            MapElement attributes = new() { Map = (uint)_handle.Descriptor(), Key = k, Value = n };
            if (Call(Command.MapGetNextKey, ref attributes) >= 0) return true;
        }
        return Marshal.GetLastPInvokeError() == BpfException.NoEntry ? false : throw BpfException.FromLastError($"walk {Spec.Name}");
    }

    /// <summary>A copy of all keys, at most <see cref="BpfMapSpec.MaxEntries"/>.</summary>
    public List<byte[]> Keys()
    {
        List<byte[]> keys = [];
        var key = new byte[Spec.KeySize];
        for (var more = TryNextKey([], key); more && keys.Count < Spec.MaxEntries; more = TryNextKey(keys[^1], key))
            keys.Add([.. key]);
        return keys;
    }

    public void Dispose() => _handle.Dispose();

    private void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Spec.KeySize) throw new ArgumentException($"{Spec.Name}: a key has {Spec.KeySize} bytes, not {key.Length}");
    }

    internal static void CopyName(string name, byte* to)
    {
        var bytes = Encoding.ASCII.GetBytes(name);      // the kernel cuts at 15 and a zero
        bytes.AsSpan(0, Math.Min(bytes.Length, NameLength - 1)).CopyTo(new Span<byte>(to, NameLength));
    }

    private static int ReadPossibleCpus()
    {
        var text = File.ReadAllText("/sys/devices/system/cpu/possible").Trim();     // "0-3" or "0-3,8"
        return int.Parse(text[(text.LastIndexOfAny(['-', ',']) + 1)..], System.Globalization.CultureInfo.InvariantCulture) + 1;
    }
}
