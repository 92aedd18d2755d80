using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Events;

/// <summary>A TCP segment has gone by. Captures only, and only where <see cref="InspectorOptions.TellsSegments"/> asks for it.</summary>
public readonly ref struct SegmentEvent
{
    private readonly ref readonly FlowContext _context;

    internal SegmentEvent(ref readonly FlowContext context, TcpConnection connection)
    {
        _context = ref context;
        Connection = connection;
    }

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>Its headers.</summary>
    public PacketFacts Facts { get; init; }

    /// <summary>From the IP header on.</summary>
    public int Length { get; init; }

    /// <summary>Why it was dropped, if it was.</summary>
    public DropReason Reason { get; init; }

    /// <summary>What is odd about it.</summary>
    public IReadOnlyList<StreamEvent> Oddities { get => field ?? []; init; }

    /// <summary>It has brought its connection into another state.</summary>
    public bool IsStep { get; init; }

    internal TcpConnection Connection { get; }
}
