namespace Demilune.Inspection;

/// <summary>What is made of QUIC.</summary>
public sealed record QuicOptions
{
    /// <summary>Records tell the client's JA4. Default false.</summary>
    public bool LogJa4 { get; init; }
}
