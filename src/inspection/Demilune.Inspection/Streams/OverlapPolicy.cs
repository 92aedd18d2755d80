namespace Demilune.Inspection.Streams;

/// <summary>Whose TCP the receiver runs: which copy of a byte it keeps when segments overlap, and which resets it believes.</summary>
public enum OverlapPolicy : byte
{
    Bsd, Windows, Windows2K3, Vista, OldLinux, Linux, Solaris, HpUx10, HpUx11, Irix, MacOs, First, Last,
}

/// <summary>What is known about the overlap behaviour of systems (J. Novak and S. Sturges, "Target-Based TCP Stream Reassembly", 2007), as Suricata applies it.</summary>
public static class Overlaps
{
    /// <summary>Whether the new segment's bytes replace those of one that is held.</summary>
    /// <param name="policy">Of the receiver.</param>
    /// <param name="start">Of the new segment.</param>
    /// <param name="end">Of the new segment.</param>
    /// <param name="heldStart">Of the segment that came earlier.</param>
    /// <param name="heldEnd">Of the segment that came earlier.</param>
    public static bool NewWins(OverlapPolicy policy, long start, long end, long heldStart, long heldEnd) => policy switch
    {
        OverlapPolicy.First or OverlapPolicy.Vista => false,
        OverlapPolicy.Last => true,
        OverlapPolicy.Solaris or OverlapPolicy.HpUx11 => start > heldStart ? end > heldEnd : end >= heldEnd,
        OverlapPolicy.Linux => start < heldStart || (start == heldStart && end > heldEnd),
        OverlapPolicy.OldLinux => start < heldStart || (start == heldStart && end >= heldEnd),
        _ => start < heldStart,
    };

    /// <summary>The name in <c>host-os-policy</c>.</summary>
    public static OverlapPolicy? Parse(string name) => name.ToLowerInvariant() switch
    {
        "bsd" or "bsd-right" => OverlapPolicy.Bsd,
        "windows" => OverlapPolicy.Windows,
        "windows2k3" => OverlapPolicy.Windows2K3,
        "vista" => OverlapPolicy.Vista,
        "old-linux" => OverlapPolicy.OldLinux,
        "linux" => OverlapPolicy.Linux,
        "old-solaris" or "solaris" => OverlapPolicy.Solaris,
        "hpux10" => OverlapPolicy.HpUx10,
        "hpux11" => OverlapPolicy.HpUx11,
        "irix" => OverlapPolicy.Irix,
        "macos" => OverlapPolicy.MacOs,
        "first" => OverlapPolicy.First,
        "last" => OverlapPolicy.Last,
        _ => null,
    };
}
