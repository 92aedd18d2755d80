namespace Demilune.Inspection;

/// <summary>What is made of files in transit.</summary>
public sealed record FileTrackingOptions
{
    /// <summary>Bytes of a file that are seen as one piece by rules; of what comes after, a sliding window is. Default 128 KiB, as of HTTP bodies.</summary>
    public int Window { get; init; } = 128 << 10;

    /// <summary>Events carry these hashes of every complete file; otherwise only where a rule asks for them. Default: no.</summary>
    public bool Md5 { get; init; }
    public bool Sha1 { get; init; }
    public bool Sha256 { get; init; }

    /// <summary>Events carry the type by content of every file; otherwise only where a rule asks for it. Default: no.</summary>
    public bool Magic { get; init; }

    /// <summary>Somebody keeps files: their content is handed out where a rule may want it kept. Default: no.</summary>
    public bool Keep { get; init; }

    /// <summary>Bytes of a file that are looked at when files are kept; one that is longer is truncated there. Default 0: all.</summary>
    public long Depth { get; init; }

    /// <summary>Every file is to be kept, whatever rules say. Default: no.</summary>
    public bool KeepAll { get; init; }
}
