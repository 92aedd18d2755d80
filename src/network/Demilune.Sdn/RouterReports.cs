namespace Demilune.Sdn;

/// <summary>What the nodes say of routers: one is ACTIVE where a node enforces it and none fails to. Not synchronised.</summary>
internal sealed class RouterReports
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, bool>> _byNode = new(StringComparer.Ordinal);

    /// <summary>Takes a node's newest word.</summary>
    /// <returns>The routers of which it says, or said before, anything, and whether each is active now; none: it says what it said.</returns>
    public IReadOnlyList<(string RouterId, bool Active)> Take(string node, IReadOnlyCollection<(string RouterId, bool Active)> observed)
    {
        var former = _byNode.GetValueOrDefault(node);
        if (former is not null && former.Count == observed.Count && observed.All(seen => former.TryGetValue(seen.RouterId, out var active) && active == seen.Active)) return [];
        var now = observed.DistinctBy(seen => seen.RouterId).ToDictionary(seen => seen.RouterId, seen => seen.Active, StringComparer.Ordinal);
        _byNode[node] = now;
        return [.. (former?.Keys ?? []).Union(now.Keys, StringComparer.Ordinal).Select(id => (id, IsActive(id)))];
    }

    private bool IsActive(string routerId)
    {
        var words = _byNode.Values.Where(word => word.ContainsKey(routerId)).Select(word => word[routerId]).ToList();
        return words.Count > 0 && words.TrueForAll(active => active);
    }
}
