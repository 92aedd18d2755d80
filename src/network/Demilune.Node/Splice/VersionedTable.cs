using System.Runtime.InteropServices;
using Demilune.Linux.Bpf;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Splice;

/// <summary>
/// A kernel table whose rows have two versions (bpf/maps.h): what holds while the row's <c>until</c> is the generation, and what holds in any other. So all rows
/// of a change, of all such tables, are written while nobody sees them, and the next generation shows them all at once. Single owner, not thread-safe.
/// </summary>
internal sealed class VersionedTable
{
    // Rows in one system call: enough to make its cost vanish, small enough for the buffers it needs.
    private const int BatchRows = 4096;

    private readonly IBpfMap _map;
    private readonly int _version, _stamps;
    private readonly Dictionary<Bytes, Bytes> _next = [];

    /// <param name="stamps">Bytes at the end of a row that are the kernel's: they are left as they are.</param>
    /// <param name="generation">In force. An agent before this one may have staged a change and not lived to show it.</param>
    public VersionedTable(IBpfMap map, int stamps, ulong generation)
    {
        (_map, _stamps, _version) = (map, stamps, (map.ValueLength - sizeof(ulong) - stamps) / 2);
        var row = new byte[map.ValueLength];
        foreach (var key in map.Keys())
        {
            if (!map.TryLookup(key, row)) continue;
            Bytes next = new([.. row.AsSpan(sizeof(ulong) + _version, _version)]);
            var isStaged = MemoryMarshal.Read<ulong>(row) == generation;
            Now.Rows[new(key)] = isStaged ? new([.. row.AsSpan(sizeof(ulong), _version)]) : next;
            if (isStaged) _next[new(key)] = next;
        }
    }

    /// <summary>What holds at the present generation, by key: of every row that the kernel has.</summary>
    public Table Now { get; } = new();

    /// <summary>Writes what is otherwise in <paramref name="wanted"/>, to hold from the next generation on.</summary>
    /// <param name="missingNow">What a packet finds now for a key without a row; as <paramref name="missingThen"/> for the next generation.</param>
    /// <returns>The next generation will be another than this one.</returns>
    /// <exception cref="BpfException">The table is full. What holds now holds on; staging again goes on from there.</exception>
    public bool Stage(Table wanted, ulong generation, Func<Bytes, Bytes> missingNow, Func<Bytes, Bytes> missingThen)
    {
        List<(Bytes Key, Bytes Next)> changes = [.. wanted.Rows.Where(row => !IsComing(row.Key, row.Value)).Select(row => (row.Key, row.Value))];
        foreach (var key in wanted.Stale(Now))
            if (missingThen(key) is var gone && !IsComing(key, gone)) changes.Add((key, gone));
        foreach (var chunk in changes.Chunk(BatchRows))
        {
            foreach (var (key, _) in chunk)
                if (!Now.Rows.ContainsKey(key)) Now.Rows[key] = missingNow(key);
            Write(chunk, generation);
            foreach (var (key, next) in chunk) _next[key] = next;
        }
        return _next.Count > 0;
    }

    /// <summary>The next generation is in force.</summary>
    public void Turn()
    {
        foreach (var (key, next) in _next) Now.Rows[key] = next;
        _next.Clear();
    }

    /// <summary>Removes the rows that are not in <paramref name="wanted"/>. Whoever began before the generation turned must be through.</summary>
    public void Sweep(Table wanted)
    {
        foreach (var key in wanted.Stale(Now).ToArray()) Remove(key);
    }

    /// <summary>Writes a row that holds from now on, beside the change of a generation.</summary>
    /// <exception cref="BpfException">The table is full.</exception>
    public void Put(Bytes key, Bytes value)
    {
        Now.Rows[key] = value;
        Write([(key, value)], generation: 0);
        _next.Remove(key);
    }

    public void Remove(Bytes key)
    {
        _map.Delete(key.Value);
        Now.Rows.Remove(key);
        _next.Remove(key);
    }

    /// <summary>What the kernel stamped; null: there is no such row.</summary>
    public byte[]? StampsOf(Bytes key)
    {
        var row = new byte[_map.ValueLength];
        return _map.TryLookup(key.Value, row) ? row[^_stamps..] : null;
    }

    private bool IsComing(Bytes key, Bytes value) => (_next.TryGetValue(key, out var next) || Now.Rows.TryGetValue(key, out next)) && next.Equals(value);

    private void Write((Bytes Key, Bytes Next)[] rows, ulong generation)
    {
        var (keyLength, rowLength) = (rows[0].Key.Value.Length, _map.ValueLength);
        var (keys, values) = (new byte[rows.Length * keyLength], new byte[rows.Length * rowLength]);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Key.Value.CopyTo(keys, i * keyLength);
            var row = values.AsSpan(i * rowLength, rowLength);
            MemoryMarshal.Write(row, generation);
            Now.Rows[rows[i].Key].Value.CopyTo(row[sizeof(ulong)..]);
            rows[i].Next.Value.CopyTo(row[(sizeof(ulong) + _version)..]);
            // One set between our reading and our writing is as good as repeated within seconds.
            if (_stamps > 0) StampsOf(rows[i].Key)?.CopyTo(row[^_stamps..]);
        }
        _map.UpdateBatch(keys, values);
    }
}
