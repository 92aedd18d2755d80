using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>Whether what a side begins with is a protocol's.</summary>
internal delegate Wire.Detection Recogniser(Side from, ReadOnlySpan<byte> bytes);

/// <summary>Who speaks so; null: either may.</summary>
internal delegate Side? SpeakerOf(ReadOnlySpan<byte> bytes, bool isDatagram);

/// <summary>A protocol that we understand: how it is told from others, by content and never by port, and who parses it.</summary>
internal sealed record Protocol
{
    public required AppProtocol App { get; init; }

    /// <summary>Null: it is not spoken over streams.</summary>
    public Recogniser? OfStream { get; init; }

    /// <summary>
    /// By what Suricata knows each side by itself, where that is less than <see cref="OfStream"/>; null: by the same. Captures are told of a side that is not known so.
    /// </summary>
    public Recogniser? MarkOfSide { get; init; }

    /// <summary>
    /// For protocols whose messages say of themselves whether they are questions or answers: which this one is. In a capture that begins in the middle it tells
    /// the client from the server. Null: by <see cref="OfStream"/> of each side.
    /// </summary>
    public SpeakerOf? Speaker { get; init; }

    /// <summary>Captures: the only ports at which Suricata looks for it. Empty: any. The firewall goes by content alone.</summary>
    public IReadOnlyList<int> CapturedAt { get; init; } = [];

    /// <summary>Server ports at which a weaker likeness is believed, for protocols that have no mark of their own.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>The weaker likeness; null: there is none.</summary>
    public Recogniser? AtPort { get; init; }

    /// <summary>The server speaks first: where it has greeted as none of this protocol would, the client's word does not count.</summary>
    public bool IsGreeted { get; init; }

    /// <summary>Null: it is not spoken in datagrams.</summary>
    public Recogniser? OfDatagram { get; init; }

    /// <summary>Whether what a side of a stream begins with is this protocol.</summary>
    /// <param name="serverPort">The flow's.</param>
    public Wire.Detection Recognise(Side from, ReadOnlySpan<byte> bytes, int serverPort)
    {
        var sure = OfStream?.Invoke(from, bytes) ?? Wire.Detection.No;
        return sure == Wire.Detection.No && AtPort is not null && OfStream is not null && Ports.Contains(serverPort) ? AtPort(from, bytes) : sure;
    }

    /// <summary>Whether a datagram is.</summary>
    public bool RecogniseDatagram(Side from, ReadOnlySpan<byte> bytes, int serverPort) => OfDatagram is not null
        && (OfDatagram(from, bytes) == Wire.Detection.Yes || (AtPort is not null && Ports.Contains(serverPort) && AtPort(from, bytes) == Wire.Detection.Yes));

    /// <summary>What rules can look into.</summary>
    public required IReadOnlyList<BufferId> Buffers { get; init; }

    /// <summary>What its parser may notice, by Suricata's names with the protocol's before them, in lower case.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    public required Func<InspectorOptions, SegmentPool, Detector, IProtocolSession> Open { get; init; }
}
