using Demilune.Inspection.Flows;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Streams;

/// <summary>Seconds that a flow of a capture may be silent, with the values that Suricata has without a configuration.</summary>
public sealed record FlowTimeouts
{
    public Lives Tcp { get; init; } = new(30, 300, 10);
    public Lives Udp { get; init; } = new(30, 300, 0);
    public Lives Icmp { get; init; } = new(30, 300, 0);
    public Lives Other { get; init; } = new(30, 300, 0);

    /// <summary>As long as less are open nothing is forgotten by the clock alone: Suricata reads captures faster than it looks for old flows.</summary>
    internal const int Few = 65_536;

    internal bool HasEnded(Flow flow, long now)
    {
        var lives = flow.Protocol switch { IpProtocol.Tcp => Tcp, IpProtocol.Udp => Udp, IpProtocol.Icmp or IpProtocol.Icmpv6 => Icmp, _ => Other };
        var seconds = flow.Phase == FlowPhase.Closed ? lives.Closed : flow.Phase == FlowPhase.Established || (flow.Phase == FlowPhase.Datagram && flow.IsAnswered) ? lives.Established : lives.New;
        return now / 1_000_000_000 > flow.LastSeen / 1_000_000_000 + seconds;
    }
}

/// <summary>Seconds by state.</summary>
/// <param name="New">Nobody has answered.</param>
/// <param name="Established">Both have spoken.</param>
/// <param name="Closed">Both have ended it.</param>
public readonly record struct Lives(int New, int Established, int Closed);
