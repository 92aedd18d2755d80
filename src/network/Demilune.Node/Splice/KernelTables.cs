using System.Runtime.InteropServices;
using Demilune.Linux.Bpf;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice;

/// <summary>The desired tables in the kernel, with a mirror of what is in them. Single owner, not thread-safe.</summary>
internal sealed class KernelTables
{
    // Rows in one system call: enough to make its cost vanish, small enough for the stack of buffers it needs.
    private const int BatchRows = 4096;

    private readonly Dictionary<string, (IBpfMap Map, Table Mirror)> _tables;
    private readonly VersionedTable _ports, _addresses, _prefixes, _chains, _learnt;
    private readonly IBpfMap _config, _pairCounters;
    private readonly Action _awaitReaders;
    private Task _readers = Task.CompletedTask;
    private SplicePlan? _turnedTo;
    private bool _hasNewRoutes; // since the generation turned

    /// <param name="maps">By name.</param>
    /// <param name="awaitReaders">Returns when every packet whose program runs now is through.</param>
    public KernelTables(Func<string, IBpfMap> maps, Action awaitReaders)
    {
        string[] names = ["pairs", "rules", "classes", "overlay", "remotes", "tunnelled", "routes"];
        _tables = names.ToDictionary(name => name, name => (maps(name), Read(maps(name))));
        (_config, _pairCounters, _awaitReaders) = (maps("config"), maps("pair_counters"), awaitReaders);
        // The stamps are the kernel's; the mirror holds what we said.
        var pairs = _tables["pairs"].Mirror;
        foreach (var (key, value) in pairs.Rows.ToArray()) pairs.Rows[key] = Bytes.Of(ConfiguredPart(MemoryMarshal.Read<PairRow>(value.Value)));
        (_ports, _addresses, _prefixes, _chains) = (Versioned("ports"), Versioned("addresses"), Versioned("prefixes"), Versioned("chains"));
        _learnt = Versioned("learnt", stamps: sizeof(ulong));

        VersionedTable Versioned(string name, int stamps = 0) => new(maps(name), stamps, Generation);
    }

    /// <summary>False: no state was ever applied, so nothing passes yet.</summary>
    public bool HasState => Generation != 0;

    private ulong Generation
    {
        get
        {
            Span<ConfigRow> row = stackalloc ConfigRow[1];
            _config.TryLookup(Bytes.Of(0u).Value, MemoryMarshal.AsBytes(row));
            return row[0].Generation;
        }
        set => _config.Update(Bytes.Of(0u).Value, Bytes.Of(new ConfigRow { Generation = value }).Value);
    }

    /// <summary>
    /// Makes the kernel judge by <paramref name="plan"/>: every packet is judged by all of the former state or by all of this one, whatever they are. Answers come
    /// first, which nobody asks for yet; then, where nobody sees it, who is who, whose rules apply and who judges; then one write shows all of it.
    /// </summary>
    /// <exception cref="BpfException">A table is full. The former state holds on; applying again goes on from there.</exception>
    public void Apply(SplicePlan plan)
    {
        Settle();
        Put("rules", plan.Rules);
        Put("classes", plan.Classes);
        PutPairs(plan.Pairs);
        var generation = Generation;
        Around now = new(_prefixes.Now), then = new(plan.Prefixes);
        var isChanged = _prefixes.Stage(plan.Prefixes, generation, now.OfPrefix, then.OfPrefix);
        isChanged |= _addresses.Stage(plan.Addresses, generation, now.OfAddress, then.OfAddress);
        isChanged |= _learnt.Stage(plan.Learnt, generation, Nothing<LearntRow>, Nothing<LearntRow>);
        isChanged |= _chains.Stage(plan.Chains, generation, Nothing<ChainRow>, Nothing<ChainRow>);
        isChanged |= _ports.Stage(plan.Ports, generation, Nothing<PortRow>, Nothing<PortRow>);
        // Which node has whom is no part of what is allowed, but of the way there, which a flow keeps: it is known before flows are judged again.
        Put("remotes", plan.Remotes);
        // Next hops have no versions (docs/decisions/0011): who went by one of the former is judged again.
        _hasNewRoutes |= Differs("routes", plan.Routes);
        Put("routes", plan.Routes);
        Delete("routes", plan.Routes);
        if (isChanged || _hasNewRoutes || generation == 0)
        {
            Generation = generation + 1;
            foreach (var table in (VersionedTable[])[_prefixes, _addresses, _learnt, _chains, _ports]) table.Turn();
            _hasNewRoutes = false;
            _readers = Task.Run(_awaitReaders);
        }
        _turnedTo = plan;
        Put("tunnelled", plan.Tunnelled);
        Put("overlay", plan.Overlay);
        Delete("remotes", plan.Remotes);
        Delete("tunnelled", plan.Tunnelled);
    }

    /// <summary>Removes what the former state had and nobody asks for any more. Waits until the last packet that was judged by it is through, if it is not yet.</summary>
    public void Settle()
    {
        if (_turnedTo is not { } plan) return;
        _readers.GetAwaiter().GetResult();
        _ports.Sweep(plan.Ports);
        _addresses.Sweep(plan.Addresses);
        _prefixes.Sweep(plan.Prefixes);
        _learnt.Sweep(plan.Learnt);
        _chains.Sweep(plan.Chains);
        Delete("rules", plan.Rules);
        Delete("classes", plan.Classes);
        foreach (var key in plan.Pairs.Stale(_tables["pairs"].Mirror).ToArray()) _pairCounters.Delete(key.Value);
        Delete("pairs", plan.Pairs);
        _turnedTo = null;
    }

    /// <summary>Allows what a pod is about to be told of, beside the plan in force. It only opens: no flow needs to be judged again.</summary>
    /// <exception cref="BpfException">A table is full. What was written does no harm.</exception>
    public void Learn(LearntRows rows)
    {
        Put("rules", rows.Rules);
        Put("classes", rows.Classes);
        foreach (var (key, value) in rows.Learnt.Rows) _learnt.Put(key, value);
    }

    /// <summary>When a flow that lives by it last spoke, in nanoseconds since boot; 0: none ever did.</summary>
    public ulong LearntUsed(LearntKey key) => _learnt.StampsOf(Bytes.Of(key)) is { } used ? MemoryMarshal.Read<ulong>(used) : 0;

    public void Forget(LearntKey key) => _learnt.Remove(Bytes.Of(key));

    // A row of zeros says as much as none.
    private static Bytes Nothing<T>(Bytes key) where T : unmanaged => Bytes.Of(default(T));

    private bool Differs(string name, Table wanted) => wanted.Missing(_tables[name].Mirror).Any() || wanted.Stale(_tables[name].Mirror).Any();

    private void Put(string name, Table wanted)
    {
        var (map, mirror) = _tables[name];
        KeyValuePair<Bytes, Bytes>[] missing = [.. wanted.Missing(mirror)];
        foreach (var chunk in missing.Chunk(BatchRows))
        {
            map.UpdateBatch(Flatten(chunk, row => row.Key), Flatten(chunk, row => row.Value));
            foreach (var (key, value) in chunk) mirror.Rows[key] = value;
        }
    }

    private void Delete(string name, Table wanted)
    {
        var (map, mirror) = _tables[name];
        foreach (var key in wanted.Stale(mirror).ToArray())
        {
            map.Delete(key.Value);
            mirror.Rows.Remove(key);
        }
    }

    // A pair that changes keeps its stamps: an older stamp written back by us may cost at most the one heartbeat between.
    private void PutPairs(Table wanted)
    {
        var (map, mirror) = _tables["pairs"];
        var row = new PairRow[1];
        foreach (var (key, value) in wanted.Missing(mirror).ToArray())
        {
            var next = MemoryMarshal.Read<PairRow>(value.Value);
            if (map.TryLookup(key.Value, MemoryMarshal.AsBytes(row.AsSpan())))
            {
                // Other interfaces: another container, whose engine knows none of the flows and has yet to say that it lives.
                var same = row[0].InInterface == next.InInterface && row[0].OutInterface == next.OutInterface;
                next.Incarnation = same ? row[0].Incarnation : row[0].Incarnation + 1;
                if (same) (next.LastIn, next.LastOut, next.Instance) = (row[0].LastIn, row[0].LastOut, row[0].Instance);
            }
            _pairCounters.TryAdd(key.Value, new byte[_pairCounters.ValueLength]);
            map.Update(key.Value, Bytes.Of(next).Value);
            mirror.Rows[key] = value;
        }
    }

    private static Table Read(IBpfMap map)
    {
        Table table = new();
        var value = new byte[map.ValueLength];
        foreach (var key in map.Keys())
            if (map.TryLookup(key, value)) table.Rows[new(key)] = new([.. value]);
        return table;
    }

    private static PairRow ConfiguredPart(PairRow row) => row with { LastIn = 0, LastOut = 0, Instance = 0, Incarnation = 0 };

    private static byte[] Flatten(KeyValuePair<Bytes, Bytes>[] rows, Func<KeyValuePair<Bytes, Bytes>, Bytes> part)
    {
        var length = part(rows[0]).Value.Length;
        var bytes = new byte[rows.Length * length];
        for (var i = 0; i < rows.Length; i++) part(rows[i]).Value.CopyTo(bytes, i * length);
        return bytes;
    }
}
