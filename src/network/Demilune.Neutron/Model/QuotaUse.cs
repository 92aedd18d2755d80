namespace Demilune.Neutron;

/// <summary>How much of one kind a project may have, and has.</summary>
/// <param name="Resource">As Neutron calls it: "security_group_rule".</param>
/// <param name="Limit">-1: no limit.</param>
/// <param name="Used">With what is reserved by requests under way.</param>
public sealed record QuotaUse(string Resource, int Limit, int Used)
{
    /// <summary>How many more there may be.</summary>
    public int Free => Limit < 0 ? int.MaxValue : Math.Max(0, Limit - Used);
}
