namespace Demilune.Wire.Http1;

/// <summary>What a target had in it that hides something from a reader who decodes once and by the book.</summary>
[Flags]
public enum UriOddities : byte
{
    None = 0,

    /// <summary>%25xx: an escape that becomes another one.</summary>
    DoubleEncoded = 1,

    /// <summary>A character in more UTF-8 bytes than it needs (%c0%af for a slash), which RFC 3629 §3 forbids.</summary>
    OverlongUtf8 = 2,

    /// <summary>%uXXXX, as IIS once took.</summary>
    PercentU = 4,

    /// <summary>A % that begins no escape.</summary>
    InvalidPercent = 8,
    Null = 16,
    Backslash = 32,

    /// <summary>More ".." than there are directories.</summary>
    AboveRoot = 64,
}
