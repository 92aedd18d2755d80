using System.Collections.Frozen;

namespace Demilune.Inspection.Policies;

/// <summary>Everything by which an inspector judges, at one revision. Replaced whole, never edited; may be shared by many inspectors.</summary>
/// <param name="Revision">Larger is newer.</param>
/// <param name="ByTag">By 802.1Q VID.</param>
/// <param name="Default">Judges frames without a tag (captures). Null: they are dropped, as those of an unknown tag are.</param>
public sealed record PolicySetSnapshot(long Revision, FrozenDictionary<int, InspectionPolicy> ByTag, InspectionPolicy? Default)
{
    /// <summary>Judges nothing: every frame is dropped for want of a policy.</summary>
    public static PolicySetSnapshot Empty { get; } = new(0, FrozenDictionary<int, InspectionPolicy>.Empty, null);

    /// <summary>One policy for everything, tagged or not in it.</summary>
    public static PolicySetSnapshot Single(InspectionPolicy policy) => new(policy.Revision, FrozenDictionary<int, InspectionPolicy>.Empty, policy);

    /// <summary>The policy for a tag, or null. A tag without a policy of its own is not judged by the default one: that would be another policy than asked for.</summary>
    public InspectionPolicy? For(int tag) => tag == 0 || ByTag.Count == 0 ? Default : ByTag.GetValueOrDefault(tag);
}
