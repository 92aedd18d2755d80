namespace Demilune.Inspection.Events;

/// <summary>A file has gone by: a HTTP body, an attachment, an upload. Oriented as the file travelled.</summary>
public readonly ref struct FileEvent(ref readonly FlowContext context, FileFields fields)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>What is known of it.</summary>
    public FileFields Fields { get; } = fields;

    /// <summary>The HTTP transaction; empty if it was none.</summary>
    public HttpFields Http { get; init; }

    /// <summary>EVE's name of another protocol's object; null if there is none.</summary>
    public string? RecordType { get; init; }

    /// <summary>What that object holds.</summary>
    public IRecordFields? Record { get; init; }

    /// <summary>False: it matters only to who keeps files.</summary>
    public bool IsTold { get; init; }
}

/// <summary>What EVE's <c>fileinfo</c> object tells. Empty: not known.</summary>
public readonly ref struct FileFields
{
    /// <summary>The transaction that carried it: its number in its flow, from 0.</summary>
    public int Transaction { get; init; }

    /// <summary>As the sender called it; without one, the path that was asked for.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Its type by content, if anybody asked for it.</summary>
    public ReadOnlySpan<byte> Magic { get; init; }

    /// <summary>How it ended.</summary>
    public FileState State { get; init; }

    /// <summary>Bytes of it are missing.</summary>
    public bool HasGaps { get; init; }
    public ReadOnlySpan<byte> Md5 { get; init; }
    public ReadOnlySpan<byte> Sha1 { get; init; }
    public ReadOnlySpan<byte> Sha256 { get; init; }

    /// <summary>Bytes seen, after decoding.</summary>
    public long Size { get; init; }

    /// <summary>Of a part of a larger file: where it begins and ends there. End 0: it is no part.</summary>
    public (long Start, long End) Range { get; init; }

    /// <summary>The number that its content was handed out under; 0 if it was not.</summary>
    public long StoreId { get; init; }

    /// <summary>It is to be kept.</summary>
    public bool IsWanted { get; init; }

    /// <summary>The signatures that wanted that.</summary>
    public ReadOnlySpan<uint> Signatures { get; init; }
}

/// <summary>EVE's <c>fileinfo.state</c>.</summary>
public enum FileState : byte
{
    /// <summary>Seen to its end.</summary>
    Closed,

    /// <summary>Its end was not seen.</summary>
    Truncated,

    /// <summary>Still on its way (in alerts).</summary>
    Open,

    /// <summary>What carried it broke.</summary>
    Error,
}
