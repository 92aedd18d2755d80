using Demilune.Inspection.Verdicts;
using Demilune.Wire.Decoding;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Our words in EVE's, where it has them.</summary>
internal static class EveNames
{
    public static string Of(PacketSource source) => source switch
    {
        PacketSource.Gre => "gre tunnel",
        PacketSource.Ipv4Tunnel => "ipv4 tunnel",
        PacketSource.Ipv6Tunnel => "ipv6 tunnel",
        PacketSource.Teredo => "teredo tunnel",
        PacketSource.Vxlan => "vxlan encapsulation",
        PacketSource.Geneve => "geneve encapsulation",
        PacketSource.Defragmented => "defrag",
        _ => "wire/pcap",
    };

    public static string Of(DropReason reason) => reason switch
    {
        DropReason.Rules => "rules",
        DropReason.FlowBlocked => "flow drop",
        DropReason.Malformed or DropReason.Checksum => "decode error",
        DropReason.Fragment => "defrag error",
        DropReason.FlowTableFull => "flow memcap",
        DropReason.MidStream => "stream midstream",
        DropReason.StreamWindow or DropReason.StreamState => "stream error",
        DropReason.StreamOverlap => "stream reassembly",
        DropReason.StreamUrgent => "stream urgent",
        DropReason.StreamMemory => "stream memcap",
        DropReason.Ambiguous or DropReason.ParserLimit => "applayer error",
        DropReason.UnknownPolicy => "unknown policy",       // Suricata has no such thing
        _ => "none",
    };
}
