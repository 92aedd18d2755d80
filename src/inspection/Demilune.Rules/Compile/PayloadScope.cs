namespace Demilune.Rules.Compile;

/// <summary>Which view of the payload a rule without a sticky buffer looks at.</summary>
[Flags]
public enum PayloadScope : byte
{
    None = 0,

    /// <summary>Each packet's payload by itself (<c>udp</c>, <c>tcp-pkt</c>, <c>dsize</c>, and <c>tcp</c> with anchored contents).</summary>
    Packet = 1,

    /// <summary>The reassembled stream.</summary>
    Stream = 2,
}
