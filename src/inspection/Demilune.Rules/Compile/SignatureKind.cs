namespace Demilune.Rules.Compile;

/// <summary>What a signature looks at, which decides how often it is asked, and whether what it does concerns a packet or its flow.</summary>
public enum SignatureKind : byte
{
    /// <summary>Addresses and nothing else: asked once per direction of a flow.</summary>
    Addresses,

    /// <summary>Facts of a packet, its headers or its own payload.</summary>
    Packet,

    /// <summary>The payload, in packets and in their stream.</summary>
    Stream,

    /// <summary>The protocol of the flow, and nothing of what it says.</summary>
    Protocol,

    /// <summary>What is said in that protocol.</summary>
    Transaction,
}
