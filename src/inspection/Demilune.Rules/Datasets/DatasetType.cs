namespace Demilune.Rules.Datasets;

/// <summary>What the elements of a set are, and how its file writes them.</summary>
public enum DatasetType
{
    /// <summary>Any bytes; base64 in a file.</summary>
    String,

    /// <summary>16 bytes; hexadecimal in a file.</summary>
    Md5,

    /// <summary>32 bytes; hexadecimal in a file.</summary>
    Sha256,

    /// <summary>4 bytes.</summary>
    Ipv4,

    /// <summary>16 bytes; an IPv4 address is mapped (RFC 4291 §2.5.5.2).</summary>
    Ipv6,
}
