namespace Demilune.Inspection.Events;

/// <summary>Something that no honest peer sends, or that two receivers may read differently.</summary>
public readonly ref struct AnomalyEvent(ref readonly FlowContext context, AnomalyLayer layer, string name)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>Who noticed.</summary>
    public AnomalyLayer Layer { get; } = layer;

    /// <summary>With dots and underscores, spelt as Suricata does where it has a name for it: <c>tls.INVALID_TLS_HEADER</c>. A constant.</summary>
    public string Name { get; } = name;

    /// <summary>The transaction's number in its flow from 0, or -1 if it is about none.</summary>
    public int Transaction { get; init; } = -1;

    /// <summary>True if the frame was dropped for it.</summary>
    public bool Dropped { get; init; }
}

/// <summary>EVE's <c>anomaly.type</c>.</summary>
public enum AnomalyLayer : byte
{
    /// <summary>Headers up to the transport.</summary>
    Decode,

    /// <summary>The TCP stream.</summary>
    Stream,

    /// <summary>The application's protocol.</summary>
    AppLayer,
}
