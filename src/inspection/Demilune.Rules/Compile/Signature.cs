using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.State;

namespace Demilune.Rules.Compile;

/// <summary>One rule, compiled. Immutable; any number of workers may evaluate it at once, each with its own <see cref="MatchContext"/>.</summary>
public sealed class Signature
{
    /// <summary>Position in <see cref="RuleSet.Signatures"/>: lower wins.</summary>
    public int Index { get; internal set; }

    /// <summary>Which of the sets that were joined it is from; 0 in a set of its own.</summary>
    public int Part { get; private set; }

    /// <summary>What has to be added to the numbers of its flow bits, counters and variables: each part of a joined set keeps its own.</summary>
    public StateOffsets Offsets { get; private set; }

    public required RuleAction Action { get; init; }
    public required uint Sid { get; init; }
    public uint Gid { get; init; } = 1;
    public uint Rev { get; init; }
    public string Message { get; init; } = "";

    /// <summary>Short name as in classification.config; empty when the rule has none.</summary>
    public string ClassType { get; init; } = "";

    /// <summary>The classification's description, or the short name when no configuration described it.</summary>
    public string Category { get; init; } = "";

    /// <summary>1 (worst) to 255. The rule's own, else its class's, else 3 as in Suricata.</summary>
    public int Priority { get; init; } = 3;

    public IReadOnlyList<RuleReference> References { get; init; } = [];

    /// <summary>Key and value as written, in order; keys may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>Which end is the victim: <c>src_ip</c>, <c>dest_ip</c> or null.</summary>
    public string? Target { get; init; }

    /// <summary>Matches silently: only its state changes count.</summary>
    public bool NoAlert { get; init; }

    /// <summary>A pass rule that tells of its match (<c>alert</c>).</summary>
    public bool AlertsOnPass { get; init; }

    /// <summary>What it looks at.</summary>
    public SignatureKind Kind { get; internal init; }

    /// <summary>Whether its action is for the flow, and not for the packet alone.</summary>
    /// <param name="isStateful">It was found in a stream or a transaction.</param>
    public bool ConcernsFlow(bool isStateful) => Kind switch
    {
        SignatureKind.Packet => false,
        SignatureKind.Stream => isStateful,
        _ => true,
    };

    /// <summary>A match releases the flow from further inspection.</summary>
    public bool Bypass { get; init; }

    /// <summary>The transaction that it matches in gets no record (<c>config: logging disable</c>).</summary>
    public bool MutesRecords { get; init; }

    /// <summary>The certificates of the TLS connection that it matches in are to be kept (<c>tls.store</c>).</summary>
    public bool StoresCertificates { get; init; }

    public required RuleHeader Header { get; init; }

    /// <summary>The directions in which this signature can match at all: from <c>flow</c> and from its buffers.</summary>
    public FlowDirections Directions { get; init; } = FlowDirections.Both;

    /// <summary>Whether reassembled stream, single packets or both are what its payload conditions look at. None without such.</summary>
    public PayloadScope PayloadScope { get; init; }

    /// <summary>Payload that is a part of a stream is looked at as that, and not by itself: contents have no place in it.</summary>
    public bool LeavesSegments { get; internal init; }

    /// <summary>Conditions in order; flowbits are the caller's to keep.</summary>
    public IReadOnlyList<FlowbitOperation> Flowbits { get; init; } = [];

    /// <summary>Counters of the flow, bits of hosts, captured texts: as flow bits, the caller's to keep.</summary>
    public IReadOnlyList<StateOperation> State { get; init; } = [];

    public RuleThreshold? Threshold { get; init; }

    /// <summary>From <c>threshold.config</c>; null: none.</summary>
    public RateFilter? Rate { get; init; }

    /// <summary>From <c>threshold.config</c>: matches that are not told.</summary>
    public IReadOnlyList<Suppression> Suppressions { get; init; } = [];

    /// <summary>What is recorded after a match; null: nothing.</summary>
    public RuleTag? Tag { get; init; }

    /// <summary>Files that are to be kept after a match; null: none.</summary>
    public FileStorage? FileStorage { get; init; }

    /// <summary>Empty: the signature matches on its header and packet conditions alone.</summary>
    public IReadOnlyList<BufferTest> Tests => TestArray;

    internal BufferTest[] TestArray { get; init; } = [];

    /// <summary>Evaluating it may change a data set.</summary>
    internal bool HasEffects { get; init; }

    /// <summary>Its match changes something beyond flow bits: a data set, a file that is kept, what is recorded after it.</summary>
    public bool HasSideEffects => HasEffects || FileStorage is not null || Tag is not null;

    internal PacketCondition[] PacketConditions { get; init; } = [];

    /// <summary>It asks for nothing but decoder events: packets without an IP header are its business too.</summary>
    internal bool IsAboutDecoding => PacketConditions.Length > 0 && TestArray.Length == 0 && Header.Protocol is { IpProtocol: null, IpVersion: null, Apps.Length: 0 }
        && Header.Source.IsAny && Header.Destination.IsAny && Header.SourcePorts.IsAny && Header.DestinationPorts.IsAny
        && Directions == FlowDirections.Both && Array.TrueForAll(PacketConditions, static condition => !condition.NeedsIp);

    internal bool AsksChecksums { get; init; }

    /// <summary>What makes it worth a try; null: every packet does.</summary>
    public SignaturePrefilter? Prefilter { get; internal set; }

    /// <summary>In Suricata's words; null unless <see cref="RuleSetOptions.Describes"/>.</summary>
    public Analysis.RuleAnalysis? Analysis { get; init; }

    /// <summary>The rule as written. Kept in half the memory: few are ever shown.</summary>
    public string Text { get => Encoding.UTF8.GetString(_text); init => _text = Encoding.UTF8.GetBytes(value); }
    private readonly byte[] _text = [];

    /// <summary>Where it was written.</summary>
    public string Source { get; init; } = "";
    public int Line { get; init; }

    /// <summary>The same signature as a member of a joined set.</summary>
    internal Signature As(int index, int part, StateOffsets offsets)
    {
        var copy = (Signature)MemberwiseClone();
        (copy.Index, copy.Part, copy.Offsets) = (index, part, offsets);
        return copy;
    }

    /// <summary>Header, direction, flow and packet conditions. Cheap: ask this before <see cref="Matches"/>.</summary>
    public bool AppliesTo(in PacketFacts facts)
    {
        if (facts.Stateless ? Directions != FlowDirections.Both : (Directions & facts.Direction) == 0) return false;
        if (!Header.Matches(in facts)) return false;
        foreach (var condition in PacketConditions)
            if (!condition.Holds(in facts)) return false;
        return true;
    }

    /// <summary>Looks into the buffers. Every <see cref="BufferTest"/> has to hold, though not all in the same call.</summary>
    /// <param name="matched">
    /// One bit per test that has held already. The caller keeps it as long as the transaction, so that a body may come chunks after the URI.
    /// Payload tests are never remembered: they have to hold in the call that completes the match.
    /// </param>
    /// <param name="context">The worker's own. Afterwards <see cref="MatchContext.Evidence"/> says where.</param>
    public bool Matches<TBuffers>(ref TBuffers buffers, MatchContext context, ref uint matched)
        where TBuffers : IInspectionBuffers, allows ref struct
        => SignatureEvaluation.Matches(this, ref buffers, context, ref matched);
}
