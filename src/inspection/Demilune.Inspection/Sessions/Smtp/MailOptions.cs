namespace Demilune.Inspection;

/// <summary>What is looked for in mails.</summary>
public sealed record MailOptions
{
    /// <summary>Addresses of these schemes are told, each in lower case with its colon or slashes; empty: none. Default <c>http://</c>, as Suricata's.</summary>
    public IReadOnlyList<byte[]> UrlSchemes { get; init; } = [[.. "http://"u8]];

    /// <summary>Addresses are told with their scheme. Default: no, as in Suricata.</summary>
    public bool KeepsUrlScheme { get; init; }

    /// <summary>The whole mail is one file ("rawmsg"), and not its attachments. Default: no.</summary>
    public bool RawExtraction { get; init; }

    /// <summary>Fields that are told beside those that always are. Default: none.</summary>
    public IReadOnlyList<MailField> Told { get; init; } = [];

    /// <summary>
    /// Captures: an attachment's content is looked at when so many bytes of it are there, or when it is over (Suricata's <c>content-inspect-min-size</c>).
    /// The firewall looks at it as it comes. Default: 32 KiB, as Suricata's.
    /// </summary>
    public long InspectedFrom { get; init; } = 32 << 10;

    /// <summary>The MD5 of the subject is told. Default: no.</summary>
    public bool TellsSubjectHash { get; init; }
}
