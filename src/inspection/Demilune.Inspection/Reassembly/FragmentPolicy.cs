namespace Demilune.Inspection.Reassembly;

/// <summary>Whose bytes a receiver takes where fragments overlap (Novak, Target-Based Fragmentation Reassembly). For captures: in the wire such fragments are dropped.</summary>
public enum FragmentPolicy : byte
{
    /// <summary>The older fragment's, unless the newer one begins before it. Suricata's default.</summary>
    Bsd,

    /// <summary>The newer one's, unless it begins before the older.</summary>
    BsdRight,

    /// <summary>The older one's, unless the newer begins before it, or with it and ends later.</summary>
    Linux,

    /// <summary>The older one's, unless the newer covers it and more on both sides.</summary>
    Windows,

    /// <summary>The older one's, unless the newer begins before it and does not end before it.</summary>
    Solaris,

    /// <summary>Always the older one's.</summary>
    First,

    /// <summary>Always the newer one's.</summary>
    Last,
}

internal static class FragmentPolicies
{
    /// <summary>Whether the bytes that both have are taken from the newer.</summary>
    public static bool IsNewerTaken(this FragmentPolicy policy, int start, int end, int olderStart, int olderEnd) => policy switch
    {
        FragmentPolicy.BsdRight => start >= olderStart,
        FragmentPolicy.Linux => start < olderStart || (start == olderStart && end > olderEnd),
        FragmentPolicy.Windows => start < olderStart && end > olderEnd,
        FragmentPolicy.Solaris => start < olderStart && end >= olderEnd,
        FragmentPolicy.First => false,
        FragmentPolicy.Last => true,
        _ => start < olderStart,
    };
}
