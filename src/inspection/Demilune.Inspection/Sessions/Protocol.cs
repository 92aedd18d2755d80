using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>Whether what a side begins with is a protocol's.</summary>
internal delegate Wire.Detection Recogniser(Side from, ReadOnlySpan<byte> bytes);

/// <summary>A protocol that we understand: how it is told from others, by content and never by port, and who parses it.</summary>
internal sealed record Protocol
{
    public required AppProtocol App { get; init; }

    /// <summary>Null: it is not spoken over streams.</summary>
    public Recogniser? OfStream { get; init; }

    /// <summary>Null: it is not spoken in datagrams.</summary>
    public Recogniser? OfDatagram { get; init; }

    /// <summary>What rules can look into.</summary>
    public required IReadOnlyList<BufferId> Buffers { get; init; }

    /// <summary>What its parser may notice, by Suricata's names with the protocol's before them, in lower case.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    public required Func<InspectorOptions, SegmentPool, Detector, IProtocolSession> Open { get; init; }
}
