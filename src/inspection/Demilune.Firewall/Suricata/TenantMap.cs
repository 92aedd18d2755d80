using Demilune.Contracts.FirewallLink;

namespace Demilune.Firewall.Suricata;

/// <summary>Which tenant judges the frames of a tag. A tag that is not in it meets the rules that drop everything.</summary>
/// <param name="Tenants">Tag → tenant. A policy's tenant has the number of its tag.</param>
/// <param name="Errors">What of it this engine cannot do, by the tag of the policy that it touches.</param>
internal sealed record TenantMap(IReadOnlyDictionary<int, int> Tenants, ILookup<int, string> Errors)
{
    /// <summary>The tenant without rules: for what passes unjudged by right. No tag of a frame has its number.</summary>
    public const int Unjudged = 4095;

    /// <summary>Pure.</summary>
    /// <param name="inForce">Tags of the policies that have a tenant.</param>
    /// <remarks>
    /// A flow has one tenant. Where several policies count, rules of one (pass, flow bits) would undo what another denies if they were put together:
    /// so such flows are dropped, aloud, and not judged by half. Policies in the shadow deny nothing; where only they are, all passes.
    /// </remarks>
    public static TenantMap Of(PolicySet set, IReadOnlySet<int> inForce)
    {
        var tenants = new Dictionary<int, int>();
        var errors = new List<(int Tag, string Error)>();
        foreach (var policy in set.Policies)
        {
            if (inForce.Contains(policy.Tag)) tenants[policy.Tag] = policy.Tag;
            else if (policy.FailsOpen) tenants.TryAdd(policy.Tag, Unjudged);
        }
        var names = set.Policies.ToLookup(policy => policy.Tag, policy => policy.Name);
        foreach (var combination in set.Combinations ?? [])
        {
            foreach (var shadow in combination.Shadows)
                errors.Add((shadow, $"{names[shadow].FirstOrDefault()}:1:1: Suricata judges a flow by one policy: in the shadow it tells nothing"));
            // One that is not there and fails open does not count.
            var counting = combination.Policies.Where(tag => tenants.GetValueOrDefault(tag) != Unjudged).ToList();
            if (counting.Count == 0) tenants.TryAdd(combination.Tag, Unjudged);
            else if (counting is [var only] && tenants.TryGetValue(only, out var tenant)) tenants.TryAdd(combination.Tag, tenant);
            else if (counting.Count > 1)
                foreach (var tag in counting)
                    errors.Add((tag, $"{names[tag].FirstOrDefault()}:1:1: Suricata judges a flow by one policy: what {string.Join(" and ", counting.Select(other => names[other].FirstOrDefault()))} select together is dropped"));
        }
        return new(tenants, errors.Distinct().ToLookup(error => error.Tag, error => error.Error));
    }
}
