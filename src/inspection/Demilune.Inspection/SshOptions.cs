namespace Demilune.Inspection;

/// <summary>What is made of SSH.</summary>
public sealed record SshOptions
{
    /// <summary>Whether HASSH is worked out. Null, the default: if a rule looks at it.</summary>
    public bool? Hassh { get; init; }

    /// <summary>What becomes of a connection when both ends encrypt. Default <see cref="EncryptionHandling.Track"/>.</summary>
    public EncryptionHandling Encryption { get; init; }
}
