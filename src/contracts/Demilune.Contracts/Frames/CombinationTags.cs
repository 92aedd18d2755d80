namespace Demilune.Contracts.Frames;

/// <summary>802.1Q tags that a node agent gives to combinations of security policies. They mean something on its node only; no policy has one of them.</summary>
public static class CombinationTags
{
    public const int First = 2048;

    public const int Last = 4093;

    /// <summary>Policies of one combination, those in the shadow too: each costs its searches on every packet.</summary>
    public const int MaxMembers = 8;

    /// <summary>Nobody ever loads it, so its flows are closed: for what should be judged and cannot.</summary>
    public const int Nobody = 4094;
}
