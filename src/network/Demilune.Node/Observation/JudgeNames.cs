using Demilune.Contracts.Nodes;

namespace Demilune.Node.Observation;

/// <summary>Whom a tag stands for, for people: combinations have their tags from this node, and nobody else knows them.</summary>
internal sealed class JudgeNames
{
    private readonly Dictionary<uint, (string[] Policies, string[] Shadows)> _byTag;

    public JudgeNames(NodeState state)
    {
        var names = state.SecurityPolicies.DistinctBy(policy => policy.Tag).ToDictionary(policy => policy.Tag, policy => policy.Name);
        _byTag = names.ToDictionary(policy => policy.Key, policy => (new[] { policy.Value }, Array.Empty<string>()));
        foreach (var one in state.Combinations) _byTag[one.Tag] = (Names(one.Policies), Names(one.Shadows));

        string[] Names(IEnumerable<uint> tags) => [.. tags.Select(tag => names.GetValueOrDefault(tag)).OfType<string>()];
    }

    public void AddTo(FlowEvent told)
    {
        if (told.PolicyTag == 0 || !_byTag.TryGetValue(told.PolicyTag, out var judges)) return;
        told.Policies.AddRange(judges.Policies);
        told.Shadows.AddRange(judges.Shadows);
    }
}
