namespace Demilune.Inspection;

/// <summary>What is made of TLS.</summary>
public sealed record TlsOptions
{
    /// <summary>What a record of a handshake tells. Default: Suricata's extended record.</summary>
    public TlsFields Fields { get; init; } = TlsFields.Extended;

    /// <summary>True: a resumed session, which shows no certificate, is told of. Default true.</summary>
    public bool LogResumed { get; init; } = true;

    /// <summary>Whether JA3 is worked out. Null, the default: if a rule looks at it.</summary>
    public bool? Ja3 { get; init; }

    /// <summary>What becomes of a connection when its handshake is over. Default <see cref="EncryptionHandling.Track"/>.</summary>
    public EncryptionHandling Encryption { get; init; }
}

/// <summary>What becomes of bytes that nobody can read.</summary>
public enum EncryptionHandling : byte
{
    /// <summary>Records are followed, rules do not look into them.</summary>
    Track,

    /// <summary>The flow is let go.</summary>
    Bypass,

    /// <summary>Rules look into them as into any stream.</summary>
    Inspect,
}

/// <summary>Fields of EVE's <c>tls</c> object.</summary>
[Flags]
public enum TlsFields
{
    None = 0,
    Subject = 1 << 0,
    Issuer = 1 << 1,
    SessionResumed = 1 << 2,
    Serial = 1 << 3,
    Fingerprint = 1 << 4,
    ServerName = 1 << 5,
    Version = 1 << 6,
    NotBefore = 1 << 7,
    NotAfter = 1 << 8,
    Certificate = 1 << 9,
    Chain = 1 << 10,
    Ja3 = 1 << 11,
    Ja3s = 1 << 12,
    Ja4 = 1 << 13,

    /// <summary>The client's certificate, as far as it showed one.</summary>
    Client = 1 << 14,
    ClientCertificate = 1 << 15,
    ClientChain = 1 << 16,
    AlternativeNames = 1 << 17,

    /// <summary>Suricata's short record.</summary>
    Basic = Subject | Issuer | SessionResumed,

    /// <summary>Suricata's extended record.</summary>
    Extended = Basic | Serial | Fingerprint | ServerName | Version | NotBefore | NotAfter | Ja3 | Ja3s | Client,
}
