namespace Demilune.Inspection.Events;

/// <summary>A file has gone by: a HTTP body, an attachment, an upload. Oriented as the file travelled.</summary>
public readonly ref struct FileEvent(ref readonly FlowContext context, int transaction, ReadOnlySpan<byte> name, FileState state, long size)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>The transaction that carried it: its number in its flow, from 0.</summary>
    public int Transaction { get; } = transaction;

    /// <summary>As the sender called it; without one, the path that was asked for.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>How it ended.</summary>
    public FileState State { get; } = state;

    /// <summary>Bytes seen, after decoding.</summary>
    public long Size { get; } = size;

    /// <summary>The HTTP transaction; empty if it was none.</summary>
    public HttpFields Http { get; init; }
}

/// <summary>EVE's <c>fileinfo.state</c>.</summary>
public enum FileState : byte
{
    /// <summary>Seen to its end.</summary>
    Closed,

    /// <summary>Its end was not seen.</summary>
    Truncated,
}
