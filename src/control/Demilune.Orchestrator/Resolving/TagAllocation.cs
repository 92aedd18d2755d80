using Demilune.Kubernetes.Crds;

namespace Demilune.Orchestrator.Resolving;

/// <summary>Gives each SecurityPolicy an 802.1Q tag of its own. The tags themselves are kept in the policies' status.</summary>
/// <remarks>
/// New ones are taken from behind the last: the tag of a deleted policy comes round again only after all others, when nothing on
/// the network carries it any more.
/// </remarks>
internal sealed class TagAllocation
{
    private int _last = PolicyTags.First - 1;

    /// <summary>Tag by policy name. A policy that is missing in the result got none: there are no more.</summary>
    public IReadOnlyDictionary<string, int> Allocate(IEnumerable<SecurityPolicy> policies)
    {
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        var without = new List<SecurityPolicy>();
        // Of two with one tag (somebody restored a backup) the elder keeps it.
        foreach (var policy in policies.OrderBy(policy => policy.Metadata.CreationTimestamp).ThenBy(policy => policy.Metadata.Name, StringComparer.Ordinal))
        {
            if (policy.Status?.Tag is { } tag and >= PolicyTags.First and <= PolicyTags.Last && taken.Add(tag))
                result[policy.Metadata.Name] = tag;
            else
                without.Add(policy);
        }
        _last = Math.Max(_last, taken.Count == 0 ? _last : taken.Max());
        foreach (var policy in without)
        {
            if (taken.Count > PolicyTags.Last - PolicyTags.First) break;
            do _last = _last >= PolicyTags.Last ? PolicyTags.First : _last + 1;
            while (!taken.Add(_last));
            result[policy.Metadata.Name] = _last;
        }
        return result;
    }
}
