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

    private readonly Dictionary<string, (BpfMap Map, Table Mirror)> _tables;
    private readonly BpfMap _config, _policies, _pairCounters;
    private SplicePlan _previous = new(new());

    public KernelTables(BpfCollection collection)
    {
        string[] names = ["ports", "addresses", "prefixes", "chains", "pairs", "rules", "classes", "learnt", "overlay", "remotes", "tunnelled", "routes"];
        _tables = names.ToDictionary(name => name, name => (collection.Maps[name], Read(collection.Maps[name])));
        (_config, _policies, _pairCounters) = (collection.Maps["config"], collection.Maps["policies"], collection.Maps["pair_counters"]);
        _tables.Add("policies", (_policies, ReadPolicies()));
        // The stamps are the kernel's; the mirror holds what we said.
        var pairs = _tables["pairs"].Mirror;
        foreach (var (key, value) in pairs.Rows.ToArray()) pairs.Rows[key] = Bytes.Of(ConfiguredPart(MemoryMarshal.Read<PairRow>(value.Value)));
        var learnt = _tables["learnt"].Mirror;
        foreach (var (key, value) in learnt.Rows.ToArray()) learnt.Rows[key] = Bytes.Of(MemoryMarshal.Read<LearntRow>(value.Value) with { Used = 0 });
    }

    /// <summary>False: no state was ever applied, so nothing passes yet.</summary>
    public bool HasState => Generation != 0;

    private uint Generation
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
    /// Makes the kernel judge by <paramref name="plan"/>. What both the old and the new state allow passes at every instant:
    /// first every answer that may be needed on the way, then who is who, then the ports; then flows are judged again, and
    /// only then go the answers that nobody asks for any more.
    /// </summary>
    /// <exception cref="BpfException">A table is full. What was written stays; applying again goes on from there.</exception>
    public void Apply(SplicePlan plan)
    {
        var (rules, classes) = plan.Transition(_previous);
        var changed = Put("rules", rules) + Put("classes", classes) + PutPairs(plan.Pairs) + Put("chains", plan.Chains) + Put("policies", plan.Policies);
        changed += DeletePolicies(plan.Policies);
        // A next hop may be on another node; but no flow is judged by where its other end is: it goes to another node from one packet to the next.
        Put("remotes", plan.Remotes);
        changed += Put("addresses", plan.Addresses) + Put("prefixes", plan.Prefixes) + Put("routes", plan.Routes) + PutLearnt(plan.Learnt) + Put("ports", plan.Ports);
        changed += Delete("ports", plan.Ports) + Delete("addresses", plan.Addresses) + Delete("prefixes", plan.Prefixes) + Delete("routes", plan.Routes) + Delete("learnt", plan.Learnt);
        if (changed > 0 || !HasState) Generation = Generation + 1 is not 0 and var next ? next : 1;
        Put("tunnelled", plan.Tunnelled);
        Put("overlay", plan.Overlay);
        Delete("remotes", plan.Remotes);
        Delete("tunnelled", plan.Tunnelled);
        Delete("rules", plan.Rules);
        Delete("classes", plan.Classes);
        Delete("chains", plan.Chains);
        foreach (var key in plan.Pairs.Stale(_tables["pairs"].Mirror).ToArray()) _pairCounters.Delete(key.Value);
        Delete("pairs", plan.Pairs);
        _previous = plan;
    }

    /// <summary>Allows what a pod is about to be told of, beside the plan in force. It only opens: no flow needs to be judged again.</summary>
    /// <exception cref="BpfException">A table is full. What was written does no harm.</exception>
    public void Learn(LearntRows rows)
    {
        Put("rules", rows.Rules);
        Put("classes", rows.Classes);
        PutLearnt(rows.Learnt);
    }

    /// <summary>When a flow that lives by it last spoke, in nanoseconds since boot; 0: none ever did.</summary>
    public ulong LearntUsed(LearntKey key)
    {
        Span<LearntRow> row = stackalloc LearntRow[1];
        return _tables["learnt"].Map.TryLookup(Bytes.Of(key).Value, MemoryMarshal.AsBytes(row)) ? row[0].Used : 0;
    }

    public void Forget(LearntKey key)
    {
        var (map, mirror) = _tables["learnt"];
        map.Delete(Bytes.Of(key).Value);
        mirror.Rows.Remove(Bytes.Of(key));
    }

    // The stamp is the kernel's: one set between our reading and our writing is as good as repeated within seconds.
    private int PutLearnt(Table wanted)
    {
        var (map, mirror) = _tables["learnt"];
        var count = 0;
        foreach (var (key, value) in wanted.Missing(mirror).ToArray())
        {
            var next = MemoryMarshal.Read<LearntRow>(value.Value);
            next.Used = LearntUsed(MemoryMarshal.Read<LearntKey>(key.Value));
            map.Update(key.Value, Bytes.Of(next).Value);
            mirror.Rows[key] = value;
            count++;
        }
        return count;
    }

    private int Put(string name, Table wanted)
    {
        var (map, mirror) = _tables[name];
        KeyValuePair<Bytes, Bytes>[] missing = [.. wanted.Missing(mirror)];
        foreach (var chunk in missing.Chunk(BatchRows))
        {
            map.UpdateBatch(Flatten(chunk, row => row.Key), Flatten(chunk, row => row.Value));
            foreach (var (key, value) in chunk) mirror.Rows[key] = value;
        }
        return missing.Length;
    }

    private int Delete(string name, Table wanted)
    {
        var (map, mirror) = _tables[name];
        Bytes[] stale = [.. wanted.Stale(mirror)];
        foreach (var key in stale)
        {
            map.Delete(key.Value);
            mirror.Rows.Remove(key);
        }
        return stale.Length;
    }

    // A pair that changes keeps its stamps: an older stamp written back by us may cost at most the one heartbeat between.
    private int PutPairs(Table wanted)
    {
        var (map, mirror) = _tables["pairs"];
        var count = 0;
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
            count++;
        }
        return count;
    }

    private int DeletePolicies(Table wanted)
    {
        var (map, mirror) = _tables["policies"];
        Bytes[] stale = [.. wanted.Stale(mirror)];
        foreach (var key in stale)
        {
            map.Update(key.Value, Bytes.Of(0u).Value);      // an array has no missing rows; 0 is Closed
            mirror.Rows.Remove(key);
        }
        return stale.Length;
    }

    private Table ReadPolicies()
    {
        Table table = new();
        Span<byte> value = stackalloc byte[4];
        for (var tag = 0u; tag < _policies.Spec.MaxEntries; tag++)
            if (_policies.TryLookup(Bytes.Of(tag).Value, value) && value.ContainsAnyExcept((byte)0)) table.Rows[Bytes.Of(tag)] = new(value.ToArray());
        return table;
    }

    private static Table Read(BpfMap map)
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
