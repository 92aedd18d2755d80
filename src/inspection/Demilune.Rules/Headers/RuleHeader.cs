namespace Demilune.Rules.Headers;

/// <summary>The part of a rule before its options: who talks to whom over what.</summary>
public sealed class RuleHeader
{
    public required ProtocolMatch Protocol { get; init; }
    public required AddressSet Source { get; init; }
    public required PortSet SourcePorts { get; init; }
    public required AddressSet Destination { get; init; }
    public required PortSet DestinationPorts { get; init; }

    /// <summary><c>&lt;&gt;</c>: either way round.</summary>
    public bool IsBidirectional { get; init; }

    public bool Matches(in PacketFacts facts)
    {
        if (!Protocol.Matches(in facts)) return false;
        return OneWay(facts.Source, facts.SourcePort, facts.Destination, facts.DestinationPort)
            || IsBidirectional && OneWay(facts.Destination, facts.DestinationPort, facts.Source, facts.SourcePort);
    }

    private bool OneWay(UInt128 source, ushort sourcePort, UInt128 destination, ushort destinationPort) =>
        SourcePorts.Contains(sourcePort) && DestinationPorts.Contains(destinationPort)
        && Source.Contains(source) && Destination.Contains(destination);
}
