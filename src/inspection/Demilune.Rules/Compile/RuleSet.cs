using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Keywords;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;
using Demilune.Rules.Regex;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Compile;

/// <summary>Compiled rules of one policy. Immutable: a reload makes a new one and swaps it.</summary>
public sealed class RuleSet
{
    private readonly Signature[] _signatures;
    private readonly Search[][] _searches;
    private readonly ulong _frames;
    private readonly LiteralPrefilter[] _literals;

    internal RuleSet(Signature[] signatures, StateNames names, BufferPrefilter?[] prefilters, int[] packetRules)
        : this(
            signatures, names.Flowbits, names.Counters, names.Variables,
            Array.ConvertAll(prefilters, static Search[] (prefilter) => prefilter is null ? [] : [new(0, prefilter)]), packetRules)
    {
    }

    private RuleSet(Signature[] signatures, string[] flowbits, string[] counters, string[] variables, Search[][] searches, int[] packetRules)
    {
        _signatures = signatures;
        _searches = searches;
        _literals = [.. searches.SelectMany(list => list).SelectMany(search => search.Prefilter.Searches).Distinct()];
        FlowbitNames = flowbits;
        CounterNames = counters;
        VariableNames = variables;
        StoresFiles = Array.Exists(signatures, signature => signature.FileStorage is not null);
        DecodingRules = [.. packetRules.Where(index => signatures[index].IsAboutDecoding)];
        PacketRules = packetRules;
        foreach (var signature in signatures)
            foreach (var condition in signature.PacketConditions)
                if (condition is FrameKeyword.OfFrame frame) _frames |= 1ul << (int)frame.Type;
        AsksChecksums = Array.Exists(signatures, signature => signature.AsksChecksums);
        InspectsPackets = packetRules.Length > 0 || Array.Exists(s_ofPackets, buffer => Inspects(buffer, FlowDirections.ToServer) || Inspects(buffer, FlowDirections.ToClient));
    }

    /// <summary>
    /// Gives searches for literals a faster, native table, which takes a tenth of a second each to build where there are thousands. Matches nothing else than
    /// before. Any thread, one at a time; packets may be judged meanwhile.
    /// </summary>
    /// <param name="engine">Builds it.</param>
    /// <param name="searched">Bytes that a search must have seen for it to be worth while.</param>
    /// <param name="stop">Asked between two tables.</param>
    public void Quicken(IRegexSetEngine engine, long searched, CancellationToken stop = default)
    {
        foreach (var search in _literals)
            if (search.Searched >= searched && !stop.IsCancellationRequested) search.Quicken(engine);
    }

    private static readonly BufferId[] s_ofPackets =
    [
        BufferId.PacketPayload, BufferId.Ipv4Header, BufferId.Ipv6Header, BufferId.TcpHeader, BufferId.UdpHeader, BufferId.Icmpv4Header, BufferId.Icmpv6Header,
        BufferId.IpSource, BufferId.IpDestination,
    ];

    public static RuleSet Empty { get; } = Compile([], new()).Rules;

    /// <summary>What is looked for in one buffer in one direction.</summary>
    /// <param name="First">Where the signatures that it knows begin.</param>
    private readonly record struct Search(int First, BufferPrefilter Prefilter);

    /// <summary>One set of several: each signature knows its <see cref="Signature.Part"/>, and each part keeps flow bits, counters and variables of its own.</summary>
    /// <remarks>Nothing is compiled anew and nothing large is copied: it costs a small object per signature.</remarks>
    public static RuleSet Join(IReadOnlyList<RuleSet> parts)
    {
        if (parts is [var only]) return only;
        var signatures = new List<Signature>(parts.Sum(part => part._signatures.Length));
        var packetRules = new List<int>();
        var searches = Enumerable.Repeat<Search[]>([], Empty._searches.Length).ToArray();
        var (flowbits, counters, variables) = (new List<string>(), new List<string>(), new List<string>());
        for (var number = 0; number < parts.Count; number++)
        {
            var (part, first) = (parts[number], signatures.Count);
            var offsets = new StateOffsets(flowbits.Count, counters.Count, variables.Count);
            foreach (var signature in part._signatures) signatures.Add(signature.As(signatures.Count, number, offsets));
            packetRules.AddRange(part.PacketRules.Select(index => first + index));
            for (var i = 0; i < searches.Length; i++)
                searches[i] = [.. searches[i], .. part._searches[i].Select(search => search with { First = first + search.First })];
            flowbits.AddRange(part.FlowbitNames);
            counters.AddRange(part.CounterNames);
            variables.AddRange(part.VariableNames);
        }
        return new([.. signatures], [.. flowbits], [.. counters], [.. variables], searches, [.. packetRules]);
    }

    /// <summary>In the order in which they apply: pass, drop, reject, alert; within an action by priority, then as loaded. Of a joined set: part by part.</summary>
    public IReadOnlyList<Signature> Signatures => _signatures;

    public Signature this[int index] => _signatures[index];

    /// <summary>Flow bits are numbered from 0; the names are for display.</summary>
    public IReadOnlyList<string> FlowbitNames { get; }
    public int FlowbitCount => FlowbitNames.Count;

    /// <summary>Counters of <c>flowint</c>.</summary>
    public IReadOnlyList<string> CounterNames { get; }
    public int CounterCount => CounterNames.Count;

    /// <summary>What expressions capture.</summary>
    public IReadOnlyList<string> VariableNames { get; }

    /// <summary>Indexes of signatures that look into no buffer: to be tried on every packet.</summary>
    public IReadOnlyList<int> PacketRules { get; }

    /// <summary>Those of <see cref="PacketRules"/> that ask for decoder events and nothing else: to be tried on packets without an IP header.</summary>
    public IReadOnlyList<int> DecodingRules { get; }

    /// <summary>Whether any signature asks if checksums are right.</summary>
    public bool AsksChecksums { get; }

    /// <summary>Whether any signature judges single packets: their payload, their headers, or nothing but their facts.</summary>
    public bool InspectsPackets { get; }

    /// <summary>Whether any signature looks into such frames.</summary>
    public bool LooksInto(FrameType type) => (_frames >> (int)type & 1) != 0;

    /// <summary>Likewise, into any of several.</summary>
    public bool LooksInto(FrameType first, FrameType last) => (_frames >> (int)first & ((1ul << (last - first + 1)) - 1)) != 0;

    /// <summary>Whether any signature may want a file kept.</summary>
    public bool StoresFiles { get; }

    /// <summary>Whether any signature asks for anything about files in this direction.</summary>
    public bool InspectsFiles(FlowDirections direction)
    {
        for (var buffer = BufferId.FileData; buffer <= BufferId.FileSha256; buffer++)
            if (Inspects(buffer, direction)) return true;
        return false;
    }

    /// <summary>Parses and compiles. A wrong rule becomes an error and the rest loads.</summary>
    public static CompiledRules Compile(IEnumerable<RuleSource> sources, RuleSetOptions options) => RuleCompiler.Compile(sources, options);

    /// <summary>Whether any signature looks into this buffer in this direction. If not, do not bother to make it.</summary>
    public bool Inspects(BufferId buffer, FlowDirections direction) => SearchesOf(buffer, direction).Length > 0;

    /// <summary>Adds to <see cref="MatchContext.Candidates"/> every signature that could match because of these bytes.</summary>
    /// <remarks>Never misses one: a signature without a literal to look for is a candidate whenever its buffer is seen.</remarks>
    public void Prefilter(BufferId buffer, FlowDirections direction, ReadOnlySpan<byte> bytes, MatchContext context)
    {
        foreach (ref readonly var search in SearchesOf(buffer, direction).AsSpan())
        {
            context.Candidates.First = search.First;
            search.Prefilter.Scan(bytes, context);
        }
        context.Candidates.First = 0;
    }

    /// <summary>As above, for bytes that continue a stream: patterns that began in earlier bytes are found too.</summary>
    /// <param name="tail">Kept by the caller per stream and direction; <c>default</c> at its start and after a gap.</param>
    public void Prefilter(BufferId buffer, FlowDirections direction, ref StreamTail tail, ReadOnlySpan<byte> bytes, MatchContext context)
    {
        var searches = SearchesOf(buffer, direction);
        for (var i = 0; i < searches.Length; i++)
        {
            context.Candidates.First = searches[i].First;
            if (i == searches.Length - 1)
            {
                searches[i].Prefilter.Scan(ref tail, bytes, context);
                break;
            }
            var same = tail;        // each has to see what was before
            searches[i].Prefilter.Scan(ref same, bytes, context);
        }
        context.Candidates.First = 0;
    }

    private Search[] SearchesOf(BufferId buffer, FlowDirections direction)
        => _searches[(int)buffer * 2 + (direction == FlowDirections.ToClient ? 1 : 0)];
}

/// <summary>The outcome of a compilation: what loaded, and what did not and why.</summary>
public sealed record CompiledRules(RuleSet Rules, IReadOnlyList<RuleError> Errors)
{
    /// <summary>Rules that are not for us by their own word (<c>requires</c>): neither loaded nor wrong.</summary>
    public int Skipped { get; init; }

    /// <summary>What of rules that loaded is worth a word.</summary>
    public IReadOnlyList<RuleError> Remarks { get; init; } = [];
}
