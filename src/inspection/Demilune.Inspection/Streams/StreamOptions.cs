using Demilune.Wire.Ip;

namespace Demilune.Inspection.Streams;

/// <summary>How captures' TCP connections are followed: Suricata's <c>stream</c> section, with its defaults.</summary>
public sealed record StreamOptions
{
    /// <summary>Bytes are judged with the packet that brings them, not with its acknowledgment: as in the wire.</summary>
    public bool Inline { get; init; }

    /// <summary>What is dropped does not arrive (<c>--simulate-ips</c>).</summary>
    public bool Enforces { get; init; }

    /// <summary>A connection whose beginning was not seen is followed from where it is (<c>midstream</c>).</summary>
    public bool MidStream { get; init; }

    /// <summary>Connections of which only one side is seen are followed (<c>async-oneside</c>).</summary>
    public bool OneSided { get; init; }

    /// <summary>In the wire: packets that do not fit into their connection are dropped (<c>drop-invalid</c>). Default true.</summary>
    public bool DropInvalid { get; init; } = true;

    /// <summary>Bytes of each side that are followed (<c>reassembly.depth</c>). 0: all.</summary>
    public long Depth { get; init; } = 1 << 20;

    /// <summary>A later copy that differs from the first is told (<c>reassembly.check-overlap-different-data</c>); in the wire always.</summary>
    public bool ChecksOverlaps { get; init; } = true;

    /// <summary>A flow past its depth, or encrypted, is not looked at any more (<c>bypass</c>).</summary>
    public bool Bypass { get; init; }

    /// <summary>Acknowledged bytes that have to come together before stream rules look at them (<c>toserver-chunk-size</c>, without its randomness).</summary>
    public int ChunkToServer { get; init; } = 2560;
    public int ChunkToClient { get; init; } = 2560;

    /// <summary>SYNs, and answers to them, of one connection that are remembered (<c>max-syn-queued</c>, <c>max-synack-queued</c>).</summary>
    public int MaxSyns { get; init; } = 10;
    public int MaxSynAcks { get; init; } = 5;

    /// <summary>For a TCP packet that belongs to no connection (<c>midstream-policy</c>).</summary>
    public ExceptionPolicy MidStreamPolicy { get; init; }

    /// <summary>What is done about a connection whose bytes cannot be held (<c>reassembly.memcap-policy</c>).</summary>
    public ExceptionPolicy ReassemblyPolicy { get; init; }

    /// <summary>For a packet whose bytes a protocol's parser cannot read (<c>app-layer.error-policy</c>).</summary>
    public ExceptionPolicy ParserPolicy { get; init; }

    /// <summary>How long a flow may be silent (<c>flow-timeouts</c>): whoever comes later begins another.</summary>
    public FlowTimeouts Timeouts { get; init; } = new();

    /// <summary>Urgent data (<c>reassembly.urgent.policy</c>).</summary>
    public UrgentPolicy Urgent { get; init; }

    /// <summary>Timestamps off by one are believed (<c>liberal-timestamps</c>).</summary>
    public bool LiberalTimestamps { get; init; }

    /// <summary>Which system an address runs; the most specific wins (<c>host-os-policy</c>).</summary>
    public IReadOnlyList<HostPolicy> Hosts { get; init; } = [];

    /// <summary>The system of an address: BSD where nothing is said.</summary>
    internal OverlapPolicy PolicyOf(IpAddress address)
    {
        var (found, length) = (OverlapPolicy.Bsd, -1);
        foreach (var host in Hosts)
            if (host.PrefixLength > length && host.Contains(address)) (found, length) = (host.Policy, host.PrefixLength);
        return found;
    }
}

/// <summary>The system that a block of addresses runs.</summary>
/// <param name="Network">Its first address.</param>
/// <param name="PrefixLength">Of 128; an IPv4 block counts its mapped form.</param>
/// <param name="Policy">What it runs.</param>
public sealed record HostPolicy(IpAddress Network, int PrefixLength, OverlapPolicy Policy)
{
    public bool Contains(IpAddress address) => PrefixLength == 0 || (address.Value ^ Network.Value) >> (128 - PrefixLength) == 0;
}

/// <summary>What is done where a packet cannot be judged as usual, in Suricata's words.</summary>
public enum ExceptionPolicy : byte
{
    /// <summary>Nothing: it goes on with what can be done.</summary>
    Ignore, PassPacket, PassFlow, Bypass, DropPacket, DropFlow, Reject,
}

/// <summary>Urgent bytes of a stream.</summary>
public enum UrgentPolicy : byte
{
    /// <summary>The last of them is out of band: no byte of the stream.</summary>
    OutOfBand,

    /// <summary>Bytes like others.</summary>
    Inline,

    /// <summary>The packet is dropped.</summary>
    Drop,

    /// <summary>A packet with the flag has no bytes of the stream.</summary>
    Gap,
}
