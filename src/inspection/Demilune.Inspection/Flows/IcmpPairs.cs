namespace Demilune.Inspection.Flows;

/// <summary>ICMP messages that answer each other belong to one flow.</summary>
internal static class IcmpPairs
{
    /// <summary>ICMP's "destination unreachable".</summary>
    public const byte Unreachable = 3;

    /// <summary>The type of the other side's messages; 0 if there is none.</summary>
    public static ushort AnswerTo(byte type) => type switch
    {
        0 => 8,
        8 => 0,         // echo
        13 => 14,
        14 => 13,     // timestamp
        15 => 16,
        16 => 15,     // information
        17 => 18,
        18 => 17,     // address mask
        9 => 10,
        10 => 9,       // router advertisement and solicitation
        _ => 0,
    };

    /// <summary>Unreachable, quench, redirect, time exceeded, parameter problem.</summary>
    public static bool IsError(byte type) => type is 3 or 4 or 5 or 11 or 12;

    /// <summary>The same for ICMPv6.</summary>
    public static ushort AnswerToV6(byte type) => type switch
    {
        128 => 129,
        129 => 128,     // echo
        133 => 134,
        134 => 133,     // router
        135 => 136,
        136 => 135,     // neighbour
        139 => 140,
        140 => 139,     // node information
        141 => 142,
        142 => 141,     // inverse neighbour
        144 => 145,
        145 => 144,     // home agents
        _ => 0,
    };
}
