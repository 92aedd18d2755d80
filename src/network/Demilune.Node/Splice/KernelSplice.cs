using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Bpf;
using Demilune.Node.Datapath;
using Demilune.Node.Names;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice;

/// <summary>
/// The splice in the kernel: opens what an earlier agent left pinned, attaches, applies states, reads counters and events.
/// Everything lives on without this object. Single owner, not thread-safe.
/// </summary>
/// <remarks>
/// Tables are pinned under a directory named for their schema. An agent with another schema makes a new set beside it, fills it,
/// and only then moves the links over and deletes the old set: existing flows are then picked up midway where policy allows.
/// </remarks>
internal sealed class KernelSplice : IDisposable
{
    // How long the kernel remembers a silent flow, at most (bpf/flows.h).
    private const ulong FlowIdle = 7440_000_000_000;

    private readonly string _root;
    private readonly string _schema;
    private readonly BpfCollection _collection;
    private readonly KernelTables _tables;
    private readonly Links _links;
    private readonly RingBuffer _events;
    private readonly LearntNames _names;
    private readonly Dictionary<string, int> _interfaces = [];
    private readonly List<(string PortId, Port.Types.Kind Kind)> _waiting = [];
    private readonly PanelTags _tags = new();
    private readonly CompilerMemory _memory = new();
    private SplicePlan _plan = new(new());
    private bool _isRestored, _overlayWaits;
    private int _listener, _overlay;
    private ulong _eventsLostBefore;

    private KernelSplice(string root, string schema, BpfCollection collection, LearntNames names)
    {
        (_root, _schema, _collection, _names) = (root, schema, collection, names);
        _tables = new(name => collection.Maps[name], RunningPrograms.AwaitEnd);
        Directory.CreateDirectory(Path.Combine(root, "links"));
        _links = new(Path.Combine(root, "links"), collection);
        _events = new(collection.Maps["events"]);
        _eventsLostBefore = ReadCounter(Counter.EventsLost);
    }

    /// <param name="directory">On a BPF file system; made if it is not there.</param>
    /// <param name="entries">Other table sizes than the object's, by table; only for tables that are not pinned yet.</param>
    /// <param name="names">What pods were told before this agent started; null: nothing.</param>
    /// <exception cref="BpfException">The kernel refused; it says what, and which Linux is needed.</exception>
    public static KernelSplice Open(string directory, IReadOnlyDictionary<string, uint>? entries = null, LearntNames? names = null)
    {
        BpfFileSystem.Prepare(directory);
        var spec = BpfObjectSpec.Parse(ReadObject());
        if (entries is not null) spec = spec.WithEntries(entries);
        var schema = SchemaOf(spec);
        var pins = Path.Combine(directory, "maps-" + schema);
        var isNew = !Directory.Exists(pins);
        Directory.CreateDirectory(pins);
        var collection = BpfCollection.Load(spec, pins);
        // A firewall that outlives the tables must not take a new flow for an old one: serials start in the epoch of this second.
        if (isNew) collection.Maps["serials"].Update(Bytes.Of(0u).Value, Bytes.Of((ulong)(ushort)DateTimeOffset.UtcNow.ToUnixTimeSeconds() << 32).Value);
        return new(directory, schema, collection, names ?? new());
    }

    /// <summary>Puts the splice on the host side of a port. Until a state knows the port, nothing passes there.</summary>
    public void Attach(string portId, Port.Types.Kind kind, int interfaceIndex)
    {
        _interfaces[portId] = interfaceIndex;
        // An older set of tables may be judging its packets: it goes on until ours is filled. Without one nothing must pass.
        if (!_tables.HasState && _links.IsAttached(portId, kind, interfaceIndex)) _waiting.Add((portId, kind));
        else _links.Attach(portId, kind, interfaceIndex);
    }

    /// <summary>Forgets the port; its row goes with the next <see cref="Apply"/>.</summary>
    public void Detach(string portId)
    {
        _interfaces.Remove(portId);
        _names.Remove(portId);
        _waiting.RemoveAll(port => port.PortId == portId);
        _links.Detach(portId);
    }

    /// <summary>Makes the kernel judge by <paramref name="state"/>; returns when it does.</summary>
    /// <param name="hurrying">Pod UIDs of the firewalls that can keep a short deadline now; null: none can.</param>
    /// <returns>Which ports are closed and why, and who judges together.</returns>
    public ApplyOutcome Apply(NodeState state, IReadOnlySet<string>? hurrying = null)
    {
        if (!_isRestored) _tags.Restore(state.Combinations);
        _isRestored = true;
        var plan = SpliceCompiler.Compile(state, _interfaces, _names.All, _tags, _memory, _overlay, hurrying);
        _tables.Apply(plan);
        _plan = plan;
        _tags.Keep(plan.Panels.Keys.ToHashSet());
        foreach (var (portId, kind) in _waiting) _links.Attach(portId, kind, _interfaces[portId]);
        _waiting.Clear();
        if (_overlayWaits) _links.AttachOverlay(_overlay);
        _overlayWaits = false;
        foreach (var old in Directory.EnumerateDirectories(_root, "maps-*").Where(path => !path.EndsWith(_schema, StringComparison.Ordinal)).ToArray())
            Directory.Delete(old, recursive: true);
        return new(plan.Errors, Combinations) { HasTooManyCombinations = plan.HasTooManyPanels };
    }

    /// <inheritdoc cref="KernelTables.Settle"/>
    public void Settle() => _tables.Settle();

    /// <summary>Policies that judge flows together now, and their tags.</summary>
    public IReadOnlyList<PolicyCombination> Combinations =>
    [
        .. _plan.Panels.Where(panel => panel.Value != CombinationTags.Nobody).OrderBy(panel => panel.Value).Select(panel => new PolicyCombination
        {
            Tag = panel.Value, ChainId = panel.Key.ChainId, Policies = { panel.Key.Policies.Select(tag => (uint)tag) }, Shadows = { panel.Key.Shadows.Select(tag => (uint)tag) },
        }),
    ];

    /// <summary>Where held answers of name servers go, and come back from.</summary>
    /// <param name="interfaceIndex">Of a veth whose other end the agent reads and writes.</param>
    public void AttachListener(int interfaceIndex)
    {
        _links.AttachListener(interfaceIndex);
        _listener = interfaceIndex;
    }

    /// <summary>Puts the programs of the tunnels to other nodes on their interface. Until a state says who is where, nothing passes there.</summary>
    public void AttachOverlay(int interfaceIndex)
    {
        if (_overlay == interfaceIndex) return;
        _overlay = interfaceIndex;
        // As with ports: an older set of tables goes on until ours is filled.
        _overlayWaits = !_tables.HasState && _links.IsOverlayAttached(interfaceIndex);
        if (!_overlayWaits) _links.AttachOverlay(interfaceIndex);
    }

    /// <summary>There is no overlay, or none any more.</summary>
    public void DetachOverlay()
    {
        _links.DetachOverlay();
        (_overlay, _overlayWaits) = (0, false);
    }

    /// <summary>Somebody listens for so long from now; zero: nobody does any more. From any thread.</summary>
    public void Listen(TimeSpan duration) => _collection.Maps["listener"].Update(Bytes.Of(0u).Value, Bytes.Of(new ListenerRow
    {
        Until = duration == TimeSpan.Zero ? 0 : Clock.Now + (ulong)duration.Ticks * 100, Interface = (uint)_listener,
    }).Value);

    /// <summary>Allows a pod what the rules of its port say of the name; returns when it is in the kernel, so that the pod may be told.</summary>
    /// <param name="interfaceIndex">Host side of the pod.</param>
    /// <returns>Addresses of the answer that the pod may not reach although its rules speak of the name: it knows too many, or the rules are too many.</returns>
    /// <exception cref="BpfException">A table is full.</exception>
    public int Learn(int interfaceIndex, NameAnswer answer)
    {
        var (portId, port) = _plan.LearningPorts.FirstOrDefault(port => port.Value.Interface == interfaceIndex);
        if (port is null || !port.Patterns.Any(pattern => pattern.Matches(answer.Name))) return 0;
        var known = _names.Add(portId, answer, Clock.Now);
        var allowed = 0;
        foreach (var address in known)
        {
            if (_plan.Learn(portId, address, _names.Of(portId, address)) is not { } rows) continue;
            _tables.Learn(rows);
            allowed++;
        }
        return answer.Addresses.Count - allowed;
    }

    /// <summary>Forgets addresses whose names have expired and by which no flow lives.</summary>
    public void ForgetExpired()
    {
        var now = Clock.Now;
        foreach (var (portId, address) in _plan.LearntAddresses.ToArray())
        {
            var key = SplicePlan.LearntKeyOf(_plan.LearningPorts[portId], address);
            var names = _names.Of(portId, address).ToArray();
            if (names.Length > 0 && (names.Max(name => name.Expires) >= now || (_tables.LearntUsed(key) is > 0 and var used && now - used < FlowIdle))) continue;
            _tables.Forget(key);
            _plan.Forget(portId, address);
            _names.Remove(portId, address);
        }
        // What no rule speaks of any more, or whose port is gone.
        foreach (var portId in _names.Ports.ToArray())
            foreach (var (address, expires) in _names.Of(portId).ToArray())
                if (expires < now && !_plan.Knows(portId, address)) _names.Remove(portId, address);
    }

    /// <summary>Since the tables were made.</summary>
    public ulong ReadCounter(Counter counter)
    {
        var map = _collection.Maps["counters"];
        Span<byte> values = stackalloc byte[map.ValueLength];
        map.TryLookup(Bytes.Of((uint)counter).Value, values);
        var sum = 0ul;
        foreach (var value in MemoryMarshal.Cast<byte, ulong>(values)) sum += value;
        return sum;
    }

    /// <summary>Port pair id → its row and the sum of its counters over all CPUs.</summary>
    public IEnumerable<(string PairId, PairRow Pair, PairCountersRow Counters)> ReadPairs()
    {
        var map = _collection.Maps["pair_counters"];
        var values = new byte[map.ValueLength];
        var row = new byte[Marshal.SizeOf<PairRow>()];
        foreach (var (pairId, id) in _plan.PairIds)
        {
            var key = Bytes.Of(id).Value;
            if (!_collection.Maps["pairs"].TryLookup(key, row)) continue;
            PairCountersRow sum = default;
            if (map.TryLookup(key, values))
                foreach (var cpu in MemoryMarshal.Cast<byte, PairCountersRow>(values))
                {
                    sum.ToIn += cpu.ToIn;
                    sum.FromOut += cpu.FromOut;
                    sum.ToOut += cpu.ToOut;
                    sum.FromIn += cpu.FromIn;
                    sum.DroppedClosed += cpu.DroppedClosed;
                    sum.PassedOpen += cpu.PassedOpen;
                    sum.Flows += cpu.Flows;
                    sum.Heartbeats += cpu.Heartbeats;
                }
            yield return (pairId, MemoryMarshal.Read<PairRow>(row), sum);
        }
    }

    /// <summary>Flow events not taken before, at most <paramref name="max"/>, and how many were lost meanwhile.</summary>
    public FlowEvents DrainEvents(int max)
    {
        FlowEvents taken = new();
        // The kernel's clock counts from boot, and Stopwatch is the same clock.
        var bootMicros = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000 - (long)(Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency);
        _events.Drain((record, state) => state.taken.Events.Add(ToEvent(MemoryMarshal.Read<EventRow>(record), state.bootMicros)), (taken, bootMicros), max);
        var lost = ReadCounter(Counter.EventsLost);
        (taken.Lost, _eventsLostBefore) = (lost - _eventsLostBefore, lost);
        return taken;
    }

    /// <summary>Closes this process's hold. What is pinned goes on.</summary>
    public void Dispose()
    {
        _events.Dispose();
        _collection.Dispose();
    }

    /// <summary>Takes all programs off and deletes all tables under <paramref name="directory"/>.</summary>
    public static void Uninstall(string directory)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
    }

    private static FlowEvent ToEvent(EventRow row, long bootMicros) => new()
    {
        AtUnixMicros = bootMicros + (long)(row.Time / 1000), Kind = (FlowEvent.Types.Kind)row.Kind, Network = row.Network,
        Source = ToText(row.Source), Destination = ToText(row.Destination),
        SourcePort = BinaryPrimitives.ReverseEndianness(row.SourcePort), DestinationPort = BinaryPrimitives.ReverseEndianness(row.DestinationPort),
        Protocol = row.Protocol, Verdict = (FlowEvent.Types.Verdict)row.Verdict, PolicyTag = row.Tag,
        PacketsToServer = row.PacketsToServer, PacketsToClient = row.PacketsToClient,
        Reason = row.Reason == 0 ? "" : DropReason.Text((Counter)row.Reason),
    };

    private static string ToText(ReadOnlySpan<byte> bytes)
    {
        IPAddress address = new(bytes);
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    // Whatever the definitions say, and the shapes that user space believes in.
    private static string SchemaOf(BpfObjectSpec spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', spec.Maps.Select(map => $"{map.Name} {map.Type} {map.KeySize} {map.ValueSize} {map.Flags}")) + "\nlayout 3")))[..12];

    private static byte[] ReadObject()
    {
        using var stream = typeof(KernelSplice).Assembly.GetManifestResourceStream("splice.bpf.o")
            ?? throw new InvalidOperationException("splice.bpf.o is not in this assembly");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
