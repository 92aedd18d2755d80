namespace Demilune.Kubernetes.Crds;

/// <summary>802.1Q tags of security policies.</summary>
public static class PolicyTags
{
    /// <summary>The first that a policy may get: 1 is every switch's default VLAN, and easily mistaken for "none".</summary>
    public const int First = 2;

    /// <summary>The last that a policy may get: those above are the nodes' own, for combinations of policies.</summary>
    public const int Last = 2047;

    /// <summary>
    /// Stands for a SecurityPolicy that does not exist, or has no tag yet. No firewall ever loads it, and it fails closed:
    /// what asks to be judged must not pass because the judge's name was misspelt.
    /// </summary>
    public const int Missing = 4094;
}
