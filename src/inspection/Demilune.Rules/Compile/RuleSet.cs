using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Compile;

/// <summary>Compiled rules of one policy. Immutable: a reload makes a new one and swaps it.</summary>
public sealed class RuleSet
{
    private readonly Signature[] _signatures;
    private readonly BufferPrefilter?[] _prefilters;

    internal RuleSet(Signature[] signatures, StateNames names, BufferPrefilter?[] prefilters, int[] packetRules)
    {
        _signatures = signatures;
        _prefilters = prefilters;
        FlowbitNames = names.Flowbits;
        CounterNames = names.Counters;
        VariableNames = names.Variables;
        StoresFiles = Array.Exists(signatures, signature => signature.FileStorage is not null);
        DecodingRules = [.. packetRules.Where(index => signatures[index].IsAboutDecoding)];
        PacketRules = packetRules;
        AsksChecksums = Array.Exists(signatures, signature => signature.AsksChecksums);
        InspectsPackets = packetRules.Length > 0 || Array.Exists(s_ofPackets, buffer => Inspects(buffer, FlowDirections.ToServer) || Inspects(buffer, FlowDirections.ToClient));
    }

    private static readonly BufferId[] s_ofPackets =
    [
        BufferId.PacketPayload, BufferId.Ipv4Header, BufferId.Ipv6Header, BufferId.TcpHeader, BufferId.UdpHeader, BufferId.Icmpv4Header, BufferId.Icmpv6Header,
        BufferId.IpSource, BufferId.IpDestination,
    ];

    public static RuleSet Empty { get; } = Compile([], new()).Rules;

    /// <summary>In the order in which they apply: pass, drop, reject, alert; within an action by priority, then as loaded.</summary>
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
    public bool Inspects(BufferId buffer, FlowDirections direction) => PrefilterOf(buffer, direction) is not null;

    /// <summary>Adds to <see cref="MatchContext.Candidates"/> every signature that could match because of these bytes.</summary>
    /// <remarks>Never misses one: a signature without a literal to look for is a candidate whenever its buffer is seen.</remarks>
    public void Prefilter(BufferId buffer, FlowDirections direction, ReadOnlySpan<byte> bytes, MatchContext context)
        => PrefilterOf(buffer, direction)?.Scan(bytes, context);

    /// <summary>As above, for bytes that continue a stream: patterns that began in earlier bytes are found too.</summary>
    /// <param name="tail">Kept by the caller per stream and direction; <c>default</c> at its start and after a gap.</param>
    public void Prefilter(BufferId buffer, FlowDirections direction, ref StreamTail tail, ReadOnlySpan<byte> bytes, MatchContext context)
        => PrefilterOf(buffer, direction)?.Scan(ref tail, bytes, context);

    private BufferPrefilter? PrefilterOf(BufferId buffer, FlowDirections direction)
        => _prefilters[(int)buffer * 2 + (direction == FlowDirections.ToClient ? 1 : 0)];
}

/// <summary>The outcome of a compilation: what loaded, and what did not and why.</summary>
public sealed record CompiledRules(RuleSet Rules, IReadOnlyList<RuleError> Errors)
{
    /// <summary>Rules that are not for us by their own word (<c>requires</c>): neither loaded nor wrong.</summary>
    public int Skipped { get; init; }
}
